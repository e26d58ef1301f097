"""Whether a test that a table names is there."""

from __future__ import annotations

import ast
from functools import cache
from pathlib import Path

ROOT = Path(__file__).parents[2]


def defined(name: str) -> bool:
    """Whether "tests/area/test_x.py::test_y" is a test; a file alone is enough where it holds any."""
    path, _, test = name.partition("::")
    known = tests_of(path)
    return test in known if test else bool(known)


@cache
def tests_of(path: str) -> frozenset[str]:
    file = ROOT / path
    if not file.is_file():
        return frozenset()
    tree = ast.parse(file.read_text())
    return frozenset(
        node.name for node in tree.body if isinstance(node, ast.FunctionDef) and node.name.startswith("test_")
    )
