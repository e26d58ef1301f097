"""What the engine says of input it cannot take."""

from __future__ import annotations

from collections.abc import Iterable
from difflib import get_close_matches
from typing import NoReturn


class InputError(ValueError):
    """Input that cannot be used: `where` it is (`scenarios[2].magnitude.p95`), the `problem`, and the `remedy`."""

    def __init__(self, where: str, problem: str, remedy: str) -> None:
        super().__init__(where, problem, remedy)
        self.where, self.problem, self.remedy = where, problem, remedy

    def __str__(self) -> str:
        return f"{self.where or 'input'}: {self.problem}. {self.remedy}"


def nearest(word: str, known: Iterable[str]) -> str:
    """A remedy that names the known word most like this one, or all of them."""
    names = sorted(known)
    alike = get_close_matches(word.lower(), names, n=1, cutoff=0.55)
    return f"Did you mean “{alike[0]}”?" if alike else f"Give one of: {', '.join(names)}."


def refuse_unknown(word: str, known: Iterable[str], where: str, what: str) -> NoReturn:
    """Raise InputError for a word that is not known, with the nearest one that is."""
    raise InputError(where, f"unknown {what} “{word[:60]}”", nearest(word, known))
