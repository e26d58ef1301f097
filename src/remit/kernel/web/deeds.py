"""What the ledger's verbs are called in a sentence: "Marit Lindqvist restricted it: an inquiry is running"."""

from __future__ import annotations

from remit.kernel.lifecycle import words

DONE = {
    "create": "created it",
    "change": "changed it",
    "delete": "deleted it",
    "import": "imported it",
    "read": "read it",
    "export": "exported it",
    "prove": "took its proof",
    "refuse": "was refused",
    "restrict": "restricted it",
    "release": "lifted its restriction",
    "let know": "named who needs to know",
    "take leave back": "took leave back",
    "break glass": "broke the glass",
    "hold": "put it under legal hold",
    "lift hold": "lifted the legal hold",
}
"""What everybody may meet in a history; a move of a lifecycle keeps its own name."""


def told(verb: str, note: str) -> str:
    """Say what was done, and what the entry notes of it."""
    deed = DONE.get(verb) or words(verb)
    return f"{deed}{', ' if note.startswith('with ') else ': '}{note}" if note else deed
