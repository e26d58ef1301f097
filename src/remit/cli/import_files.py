"""`remit import`: load files into the records."""

import argparse
from pathlib import Path

from .output import print_json, print_table


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
    """Load each file in a transaction of its own; a refused file stops the command, earlier ones stay."""
    from .django_setup import django_setup  # noqa: PLC0415

    django_setup()
    from remit.ingest.services import import_files  # noqa: PLC0415

    results = import_files(files=arguments.files, coverage=arguments.coverage, unit=arguments.unit)
    if arguments.json:
        print_json(results)
    else:
        heads = list(results[0])
        print_table([list(result.values()) for result in results], heads)
    return 0
