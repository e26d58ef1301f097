"""`remit fix-first`: the answer of the page of that name, in the terminal."""

import argparse
import textwrap
from typing import Any

from .output import print_json


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """How many, and how to print."""
    parser.add_argument("--limit", type=int, default=10, metavar="N", help="at most so many actions (default 10)")
    parser.add_argument("--json", action="store_true", help="print the answer as JSON")


def run(arguments: argparse.Namespace) -> int:
    """Print the actions, in the order to do them."""
    from .django_setup import django_setup  # noqa: PLC0415

    django_setup()
    from django.db import transaction  # noqa: PLC0415 - Django is ready only now
    from django.utils import timezone  # noqa: PLC0415

    from remit.identify.vulnerabilities.answers import as_json, fix_first  # noqa: PLC0415
    from remit.kernel import actor  # noqa: PLC0415

    with actor.system("remit fix-first, from the command line"), transaction.atomic():
        answer = as_json(fix_first(today=timezone.localdate(), limit=arguments.limit))
    if arguments.json:
        print_json(answer)
    else:
        print("\n".join(described(answer)))
    return 0


def described(answer: dict[str, Any]) -> list[str]:
    """The answer for a person: a numbered line for each action, below it who, by when and why."""
    actions, overdue = answer["actions"], answer["overdue"]
    if not actions:
        return ["Nothing presses. `remit import FILE` loads what your scanners found."]
    lines = [f"These {len(actions)} of {answer['candidates']} actions remove {answer['share']:g} % of the risk.", ""]
    for number, action in enumerate(actions, start=1):
        late = f", {action['overdue']} overdue" if action["overdue"] else ""
        facts = [
            f"{action['level']}{late}",
            f"{action['owner'] or 'nobody yet'} ({action['unit']})",
            f"by {action['due']}" if action["due"] else "",
            f"{action['hours']:g} h",
            f"removes {action['share']:g} %",
        ]
        lines.append(f"{number:>3}. {action['headline']}")
        lines.append("     " + "; ".join(fact for fact in facts if fact))
        lines += textwrap.wrap("; ".join(action["reasons"]), 110, initial_indent="     ", subsequent_indent="     ")
    if overdue["findings"]:
        since = f", the oldest since {overdue['oldest']}" if overdue["oldest"] else ""
        lines += ["", f"Overdue: {overdue['findings']} findings on {overdue['assets']} assets{since}."]
    return lines
