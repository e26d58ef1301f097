"""`remit figures`: every figure with its value as of now."""

import argparse

from .output import print_json, print_table


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """How to print."""
    parser.add_argument("--json", action="store_true", help="print the figures as JSON")


def run(arguments: argparse.Namespace) -> int:
    """Print the figures."""
    from .django_setup import django_setup  # noqa: PLC0415

    django_setup()
    from remit.kernel.figures.services import current_figures  # noqa: PLC0415

    figures = current_figures()
    if arguments.json:
        print_json(figures)
    else:
        print_table(
            [(figure["title"], figure["value"], figure["unit"], figure["target"]) for figure in figures],
            ("figure", "value", "unit", "target"),
        )
    return 0
