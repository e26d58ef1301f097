"""Text that a spreadsheet would run as a formula, made harmless on its way out and itself again on its way in.

A cell is dangerous when its first character, after any spaces and quotes, begins a formula or a command in one of the
usual spreadsheet programs (OWASP, "CSV Injection"), also in the full-width form that some of them fold. Such a cell
gets an apostrophe in front, which those programs take as "this is text".
"""

from __future__ import annotations

from typing import Final

STARTERS: Final = frozenset("=+-@|%\t\r\n\uff1d\uff0b\uff0d\uff20\u2212")
_SKIPPED: Final = " \u00a0\u3000\ufeff\u200b'\"`\u2018\u2019\u201c\u201d"
_MARK: Final = "'"


def dangerous(text: str) -> bool:
    """Say whether a spreadsheet might run this text."""
    if not text:
        return False
    rest = text.lstrip(_SKIPPED)
    return bool(rest) and rest[0] in STARTERS


def disarmed(text: str) -> str:
    """Return the text with an apostrophe in front where it is dangerous; `rearmed` gives it back."""
    return _MARK + text if dangerous(text) else text


def rearmed(text: str) -> str:
    """Return what `disarmed` was given; any other text stays as it is."""
    return text[1:] if text.startswith(_MARK) and dangerous(text[1:]) else text
