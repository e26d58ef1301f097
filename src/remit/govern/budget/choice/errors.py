"""What is said about input that cannot be taken."""

from collections.abc import Iterable
from difflib import get_close_matches


class InputError(Exception):
    """Input that cannot be taken.

    Attributes:
        where: path of the place, such as `candidates[2].effects.A`; "" for the whole.
        problem: one sentence: what is wrong there.
        remedy: one sentence: what to do about it.
    """

    def __init__(self, where: str, problem: str, remedy: str) -> None:
        super().__init__(f"{where or 'file'}: {problem}")
        self.where = where
        self.problem = problem
        self.remedy = remedy


def unknown(where: str, name: str, known: Iterable[str], what: str) -> InputError:
    """A name that stands for nothing, with the nearest one that does."""
    near = get_close_matches(name, list(known), n=1, cutoff=0.5)
    remedy = f"Did you mean “{near[0]}”?" if near else f"Name a {what} of this file."
    return InputError(where, f"there is no {what} “{name}”.", remedy)
