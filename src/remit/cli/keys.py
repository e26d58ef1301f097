"""`remit keys`: the key-encryption keys, by which every other key of this installation is wrapped."""

import argparse
from typing import TYPE_CHECKING

from .errors import FAILURE, CommandError
from .output import print_json, say

if TYPE_CHECKING:
    from remit.kernel.keys.wrapping import KeyRefusedError


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """The actions."""
    actions = parser.add_subparsers(dest="action", required=True, metavar="ACTION")
    shown = actions.add_parser("list", help="the key-encryption keys, and how many keys each wraps")
    shown.add_argument("--json", action="store_true", help="print the list as JSON")
    actions.add_parser("rotate", help="make a new key-encryption key and wrap every key by it")
    checked = actions.add_parser("check", help="whether what is sealed can be opened")
    checked.add_argument("--all", action="store_true", help="open every key, not one for each key-encryption key")
    retired = actions.add_parser("retire", help="take a key-encryption key out of use that wraps nothing any more")
    retired.add_argument("name", metavar="NAME", help="as `remit keys list` names it")


def run(arguments: argparse.Namespace) -> int:
    """Do the action."""
    from .django_setup import django_setup  # noqa: PLC0415

    django_setup()
    from remit.kernel.keys.wrapping import KeyRefusedError  # noqa: PLC0415 - Django is ready only now

    try:
        match arguments.action:
            case "list":
                _list(as_json=arguments.json)
            case "rotate":
                _rotate()
            case "check":
                return _check(every=arguments.all)
            case "retire":
                _retire(arguments.name)
    except KeyRefusedError as refused:
        raise CommandError(refused.message, refused.hint, status=FAILURE) from None
    return 0


def _list(*, as_json: bool) -> None:
    from remit.kernel.keys.rotation import listed  # noqa: PLC0415

    keys = listed()
    if as_json:
        print_json([{"name": k.name, "at_hand": k.at_hand, "current": k.current, "wraps": k.wraps} for k in keys])
        return
    for key in keys:
        state = "missing" if not key.at_hand else "in use" if key.current else "former" if key.wraps else "not needed"
        print(f"{state:<11}{key.name:<34}{key.wraps:>9,} keys")


def _rotate() -> None:
    from remit.kernel.keys.rotation import listed, rotate  # noqa: PLC0415

    done = rotate(lambda count: say(f"  {count:,} keys wrapped anew"))
    made = f"{done.made} was made." if done.made else "A rotation that was not finished is finished now."
    print(f"{made} {done.wrapped:,} keys are wrapped by {done.current}.")
    for key in listed():
        if key.at_hand and not key.wraps and not key.current:
            print(f"Nothing needs {key.name} any more: remit keys retire {key.name}")


def _check(*, every: bool) -> int:
    from remit.kernel.keys.rotation import problems  # noqa: PLC0415

    found: list[KeyRefusedError] = problems(every=every)
    for problem in found:
        print(f"wrong {problem.message}\n      {problem.hint}")
    if not found:
        print("ok    what is sealed can be opened")
    return FAILURE if found else 0


def _retire(name: str) -> None:
    from remit.kernel.keys.rotation import retire  # noqa: PLC0415

    print(retire(name))
