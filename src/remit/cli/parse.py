"""`remit parse`: what is in a file, without a database."""

import argparse
import sys
from pathlib import Path


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Files, and how to print."""
    parser.add_argument(
        "files", nargs="+", type=Path, metavar="FILE", help="a file that a scanner or another tool wrote"
    )
    parser.add_argument("--json", action="store_true", help="one JSON line per observation, a summary as the last")


def run(arguments: argparse.Namespace) -> int:
    """Parse each file; 2 when one is refused."""
    from remit.ingest.cli_parse import parse_command  # noqa: PLC0415

    return parse_command(arguments.files, arguments.json, sys.stdout)
