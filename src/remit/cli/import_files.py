"""`remit import`: load files into the records."""

import argparse
import sys
from pathlib import Path
from typing import TYPE_CHECKING

from .errors import BAD_INPUT
from .output import print_json, print_table

if TYPE_CHECKING:
    from remit.ingest.rejected import ImportRejected


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Files, what they cover and whose they are."""
    parser.add_argument(
        "files", nargs="+", type=Path, metavar="FILE", help="a file that a scanner or another tool wrote"
    )
    parser.add_argument(
        "--coverage",
        choices=("complete", "partial"),
        default="partial",
        help="complete: what this scan no longer sees is fixed; partial: it closes nothing (default)",
    )
    parser.add_argument("--unit", metavar="NAME", help="the unit that new assets belong to; the topmost when left out")
    parser.add_argument("--json", action="store_true", help="print the result as JSON")


def run(arguments: argparse.Namespace) -> int:
    """Load each file in a transaction of its own; one that is refused is said to be, and the others are loaded."""
    from .django_setup import django_setup  # noqa: PLC0415

    django_setup()
    from remit.ingest.rejected import ImportRejected  # noqa: PLC0415
    from remit.ingest.services import import_one  # noqa: PLC0415

    results: list[dict[str, object]] = []
    status = 0
    for path in arguments.files:
        try:
            results.append(dict(import_one(path, coverage=arguments.coverage, unit=arguments.unit)))
        except ImportRejected as refused:
            status = BAD_INPUT
            results.append(_refused(path, refused))
    if arguments.json:
        print_json(results)
        return status
    if loaded := [result for result in results if result["state"] != "refused"]:
        print_table([list(result.values()) for result in loaded], list(loaded[0]))
    for result in results:
        if result["state"] == "refused":
            print(f"remit: {result['file']}: refused ({result['code']}, {result['where']})", file=sys.stderr)
            print(f"       {result['hint']}", file=sys.stderr)
    return status


def _refused(path: Path, refused: "ImportRejected") -> dict[str, object]:
    return {"file": path.name, "state": "refused", "code": refused.code, "where": refused.where, "hint": refused.hint}
