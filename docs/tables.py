"""The tables of docs/roles.md and docs/figures.md, made from the code. `python docs/tables.py` writes them anew.

A table stands between `<!-- table: NAME -->` and `<!-- end -->`; what is around it is written by hand.
"""

from __future__ import annotations

import os
import re
import sys
from collections.abc import Iterable, Sequence
from itertools import groupby
from pathlib import Path

import django

from remit.kernel.access.roles import MEANINGS, ROLES, Level, Role

HERE = Path(__file__).parent
TABLE = re.compile(r"(<!-- table: (\w+) -->\n).*?(<!-- end -->)", re.DOTALL)

REACHES = {0: "no {}", 1: "their own {}", 2: "{}, to read", 3: "{}"}
"""What a level says of the records of a kind."""
KINDS = {"*": "records of every type", "kernel.work": "work", "risks.exercise": "calibration exercises"}


def roles() -> str:
    """One row for each role: what it reaches and what else sets it apart."""
    heads = ("role", "name", "comes to", "reaches in its units", "figures", "second factor", "manages people")
    rows = []
    for role in ROLES.values():
        reach = [
            REACHES[int(level)].format(KINDS.get(kind, kind))
            for kind, level in role.levels.items()
            if level or kind != "*"
        ]
        marks = ("yes" if flag else "" for flag in (role.figures, role.privileged, role.administers))
        rows.append((role.title, f"`{role.name}`", role.purpose, "; ".join(reach) or "no records", *marks))
    return table(heads, rows)


def verbs() -> str:
    """One row for each verb, one column for each role."""

    def said(role: Role, verb: str) -> str:
        if not role.may(verb, "*"):
            return "own work" if role.may(verb, "kernel.work") else ""
        return {Level.NONE: "", Level.OWN: "own"}.get(role.level("*"), "yes")

    heads = ("verb", "meaning", *(f"`{name}`" for name in ROLES))
    return table(heads, [(f"`{v}`", meaning, *(said(r, v) for r in ROLES.values())) for v, meaning in MEANINGS.items()])


def figures() -> str:
    """A table for each group of the catalogue; each formula is the one that the figure's page shows."""
    from remit.kernel.figures.registry import catalogue  # noqa: PLC0415  (after django.setup)

    parts = []
    for group, members in groupby(catalogue(), key=lambda figure: figure.group):
        rows = [
            (f.title, " ".join(f.formula.split()), f.unit, f.better, target(f.target), f"`{f.name}`") for f in members
        ]
        heads = ("figure", "how it is computed", "unit", "better", "target", "name")
        parts.append(f"### {group.capitalize() or 'Other'}\n\n{table(heads, rows)}")
    return "\n".join(parts)


def target(value: float | None) -> str:
    return "" if value is None else f"{value:g}"


def table(heads: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    """A Markdown table, with a newline at the end."""
    lines = [heads, ["---"] * len(heads), *([cell.replace("|", "\\|") for cell in row] for row in rows)]
    return "".join(f"| {' | '.join(line)} |\n" for line in lines)


MAKERS = {"roles": roles, "verbs": verbs, "figures": figures}


def renewed(text: str) -> str:
    """The page with its tables as the code has them now. KeyError for a table that nobody makes."""
    return TABLE.sub(lambda found: f"{found[1]}\n{MAKERS[found[2]]()}\n{found[3]}", text)


def main() -> int:
    """Write every page that has tables; 0."""
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "remit.settings")
    django.setup()
    for page in sorted(HERE.glob("*.md")):
        text = page.read_text()
        if (now := renewed(text)) != text:
            page.write_text(now)
            print(f"{page.name} written")
    return 0


if __name__ == "__main__":
    sys.exit(main())
