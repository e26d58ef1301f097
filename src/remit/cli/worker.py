"""`remit worker`: a process that runs queued and periodic jobs. As many as wanted, on as many machines."""

import argparse

from .lifeline import add_lifeline, end_with

CONCURRENCY = 2


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """How much at once."""
    parser.add_argument(
        "--concurrency", type=int, default=CONCURRENCY, metavar="N", help=f"jobs at a time (default {CONCURRENCY})"
    )
    add_lifeline(parser)


def run(arguments: argparse.Namespace) -> int:
    """Work until told to stop; what is then under way is taken up again by the next worker."""
    end_with(arguments.end_with)
    from .django_setup import django_setup  # noqa: PLC0415

    django_setup()
    from remit.kernel.jobs.running import run_worker  # noqa: PLC0415 - Django is ready only now

    run_worker(arguments.concurrency)
    return 0
