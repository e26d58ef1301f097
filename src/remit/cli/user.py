"""`remit user`: people who may sign in. Whoever may run this on the machine may give any role; the ledger says so."""

import argparse
from collections.abc import Callable
from typing import TYPE_CHECKING

from . import user_grants as grants
from .errors import BAD_INPUT, CommandError
from .output import print_json, print_table
from .up import PORT

if TYPE_CHECKING:
    from remit.kernel.access.models import User


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """The actions on people."""
    actions = parser.add_subparsers(dest="action", required=True, metavar="ACTION")
    add = actions.add_parser("add", help="add a person with a role and print a one-time sign-in link")
    add.add_argument("email")
    add.add_argument("--name", default="", help="as others see it; the part before the @ when left out")
    add.add_argument("--role", required=True, help="a role; a wrong one lists those there are")
    add.add_argument(
        "--unit", metavar="CODE", help="the unit the role is for, with all below it; the topmost by default"
    )
    grants.add_arguments(actions, add)
    people = actions.add_parser("list", help="list people and what they may do")
    people.add_argument("--json", action="store_true", help="print as JSON")
    link = actions.add_parser("link", help="print a new one-time sign-in link; sessions and API tokens of theirs end")
    link.add_argument("email")
    disable = actions.add_parser(
        "disable", help="refuse a person from their next request on; sessions and API tokens end"
    )
    disable.add_argument("email")
    for command in (add, link):
        command.add_argument("--base", default=f"http://127.0.0.1:{PORT}", metavar="URL", help="where Remit is reached")


def run(arguments: argparse.Namespace) -> int:
    """Do the action."""
    from .django_setup import django_setup  # noqa: PLC0415

    django_setup()
    from django.db import transaction  # noqa: PLC0415 - after django_setup

    from remit.kernel import actor  # noqa: PLC0415

    actions: dict[str, Callable[[argparse.Namespace], None]] = {
        "add": _add,
        "link": _link,
        "disable": _disable,
        "list": _list,
        "grant": grants.give,
        "revoke": grants.revoke,
        "groups": grants.groups,
    }
    with actor.system("remit user, from the command line"), transaction.atomic():
        actions[arguments.action](arguments)
    return 0


def _add(arguments: argparse.Namespace) -> None:
    from remit.kernel.access.services import invite  # noqa: PLC0415

    unit = grants.unit_of(arguments.unit)
    audit = grants.engagement_of(arguments, unit)
    try:
        user = invite(
            email=arguments.email,
            name=arguments.name,
            role=arguments.role,
            unit=unit,
            expires_on=arguments.until,
            engagement=audit,
        )
    except ValueError as error:
        raise CommandError(str(error), grants.remedy(arguments.role), status=BAD_INPUT) from None
    _print_link(user, arguments.base)


def _link(arguments: argparse.Namespace) -> None:
    from remit.kernel.access.services import AccessRefusedError, new_link  # noqa: PLC0415

    try:
        print(f"{arguments.base.rstrip('/')}{new_link(grants.person_of(arguments.email))}")
    except AccessRefusedError as refusal:
        raise CommandError(str(refusal)) from None


def _disable(arguments: argparse.Namespace) -> None:
    from remit.kernel.access.services import AccessRefusedError, disable  # noqa: PLC0415

    user = grants.person_of(arguments.email)
    try:
        disable(user)
    except AccessRefusedError as refusal:
        raise CommandError(str(refusal)) from None
    print(f"{user.email} is disabled.")


def _list(arguments: argparse.Namespace) -> None:
    from remit.kernel.access.models import User  # noqa: PLC0415

    loaded = ("grants__unit", "grants__engagement", "circles__grants__unit", "circles__grants__engagement")
    people = User.objects.prefetch_related(*loaded).order_by("email")
    held = {user.email: grants.held(user) for user in people}
    if arguments.json:
        print_json(
            [
                {"email": user.email, "name": user.name, "active": user.is_active, "roles": held[user.email]}
                for user in people
            ]
        )
    else:
        print_table(
            [
                (user.email, user.name, "yes" if user.is_active else "no", ", ".join(held[user.email]))
                for user in people
            ],
            ("mail address", "name", "active", "roles"),
        )


def _print_link(user: "User", base: str) -> None:
    from remit.kernel.access.services import welcome_token  # noqa: PLC0415

    print(f"{base.rstrip('/')}/welcome/{welcome_token(user)}/")
