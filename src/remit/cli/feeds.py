"""`remit feeds load`: public facts about vulnerabilities."""

import argparse
from pathlib import Path

from .output import print_table


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """The one action, and its files."""
    actions = parser.add_subparsers(dest="action", required=True, metavar="ACTION")
    load = actions.add_parser("load", help="load feed files, or fetch them from the configured mirror")
    load.add_argument(
        "files",
        nargs="*",
        type=Path,
        metavar="FILE",
        help="KEV JSON, EPSS CSV (also .gz) or NVD JSON 2.0, in any order",
    )


def run(arguments: argparse.Namespace) -> int:
    """Load each feed; which one a file is, its content tells."""
    from .django_setup import django_setup  # noqa: PLC0415

    django_setup()
    from remit.identify.vulnerabilities.services import load_feeds  # noqa: PLC0415

    results = load_feeds(files=arguments.files)
    if results:
        print_table([list(result.values()) for result in results], list(results[0]))
    return 0
