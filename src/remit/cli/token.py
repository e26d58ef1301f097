"""`remit token`: tokens of service accounts. Whoever may run this on the machine may make any; the ledger says so."""

import argparse
from collections.abc import Callable
from typing import TYPE_CHECKING

from .errors import BAD_INPUT, CommandError
from .output import print_json, print_table, say

if TYPE_CHECKING:
    from remit.kernel.access.models import Unit
    from remit.kernel.identity.models import ServiceAccount


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """The actions on tokens."""
    actions = parser.add_subparsers(dest="action", required=True, metavar="ACTION")
    add = actions.add_parser("add", help="make a token for a service account and print it, once")
    add.add_argument("account", help="its name or address; made when --owner and --role are given")
    add.add_argument("--name", required=True, help="what the token is for")
    add.add_argument("--write", action="store_true", help="let it write as well as read")
    add.add_argument("--kind", action="append", metavar="KIND", help="a type of record it is for; again for more")
    add.add_argument("--days", type=int, default=90, help="how long it lives, at most 366; 90 when left out")
    add.add_argument("--owner", metavar="EMAIL", help="make the account, owned by this person")
    add.add_argument("--purpose", default="", help="why the account needs a way in")
    add.add_argument("--role", help="the role of a new account")
    add.add_argument("--unit", metavar="CODE", help="the unit of that role; the topmost when left out")
    tokens = actions.add_parser("list", help="list service accounts and their tokens")
    tokens.add_argument("--json", action="store_true", help="print as JSON")
    revoke = actions.add_parser("revoke", help="refuse a token from the next call on")
    revoke.add_argument("token", help="its number, as the list has it")


def run(arguments: argparse.Namespace) -> int:
    """Do the action."""
    from .django_setup import django_setup  # noqa: PLC0415

    django_setup()
    from django.db import transaction  # noqa: PLC0415 - after django_setup

    from remit.kernel import actor  # noqa: PLC0415

    actions: dict[str, Callable[[argparse.Namespace], None]] = {"add": _add, "list": _list, "revoke": _revoke}
    with actor.system("remit token, from the command line"), transaction.atomic():
        actions[arguments.action](arguments)
    return 0


def _add(arguments: argparse.Namespace) -> None:
    from remit.kernel.identity.tokens import TokenRefusedError, make  # noqa: PLC0415
    from remit.kernel.resources import resources  # noqa: PLC0415

    known = {resource.slug: resource.kind for resource in resources()}
    for kind in arguments.kind or ():
        if kind not in known:
            raise CommandError(f"There is no type of record {kind}.", f"They are: {', '.join(known)}.", BAD_INPUT)
    account = _account(arguments.account) or _new_account(arguments)
    try:
        token, secret = make(
            account.user,
            name=arguments.name[:80],
            writes=arguments.write,
            kinds=[known[kind] for kind in arguments.kind or ()],
            days=arguments.days,
        )
    except TokenRefusedError as refused:
        raise CommandError(str(refused), "`remit token list` shows what there is.", BAD_INPUT) from None
    say(f"Token {token.pk} of {account}, until {token.expires_at:%Y-%m-%d}. It is shown only now:")
    print(secret)


def _account(named: str) -> "ServiceAccount | None":
    from django.db.models import Q  # noqa: PLC0415

    from remit.kernel.identity.services import accounts  # noqa: PLC0415

    found = list(accounts().filter(Q(user__name__iexact=named) | Q(user__email__iexact=named))[:2])
    if len(found) > 1:
        raise CommandError(f"Several service accounts are called {named}.", "Name it by its address.", BAD_INPUT)
    return found[0] if found else None


def _new_account(arguments: argparse.Namespace) -> "ServiceAccount":
    from remit.kernel.access.models import User  # noqa: PLC0415
    from remit.kernel.identity.services import add  # noqa: PLC0415

    if not (arguments.owner and arguments.role):
        remedy = "`remit token list` lists them; --owner and --role make a new one."
        raise CommandError(f"There is no service account {arguments.account}.", remedy, BAD_INPUT)
    owner = User.objects.filter(email__iexact=arguments.owner).first()
    if owner is None:
        raise CommandError(f"There is no person {arguments.owner}.", "`remit user list` lists them.", BAD_INPUT)
    purpose = arguments.purpose or "Made from the command line"
    try:
        return add(arguments.account, purpose=purpose, owner=owner, role=arguments.role, unit=_unit(arguments.unit))
    except ValueError as refused:
        raise CommandError(str(refused), "Choose another with --role or --owner.", BAD_INPUT) from None


def _unit(code: str | None) -> "Unit":
    from remit.kernel.access.models import Unit  # noqa: PLC0415
    from remit.kernel.access.services import first_unit  # noqa: PLC0415

    found = Unit.objects.filter(code__iexact=code).first() if code else first_unit()
    if found is None:
        codes = ", ".join(Unit.objects.values_list("code", flat=True))
        raise CommandError(f"There is no unit {code}.", f"The units are: {codes}.", BAD_INPUT)
    return found


def _list(arguments: argparse.Namespace) -> None:
    from remit.kernel.identity.models import ApiToken  # noqa: PLC0415
    from remit.kernel.identity.tokens import last_use  # noqa: PLC0415

    found = (
        ApiToken.objects.filter(user__is_service=True)
        .select_related("user", "use", "user__service__owner")
        .order_by("user__name", "pk")
    )
    rows = [
        {
            "token": token.pk,
            "account": token.user.name,
            "owner": token.user.service.owner.email,
            "name": token.name,
            "begins": token.hint,
            "writes": token.writes,
            "kinds": token.kinds,
            "expires": token.expires_at.date(),
            "revoked": token.revoked_at is not None,
            "used": used.isoformat(timespec="minutes") if (used := last_use(token)) else None,
        }
        for token in found
    ]
    if arguments.json:
        print_json(rows)
        return
    heads = ("token", "account", "name", "begins", "expires", "revoked", "used")
    print_table([["yes" if row[head] is True else row[head] or "" for head in heads] for row in rows], heads)


def _revoke(arguments: argparse.Namespace) -> None:
    from remit.kernel.identity.models import ApiToken  # noqa: PLC0415
    from remit.kernel.identity.tokens import revoke  # noqa: PLC0415

    number = arguments.token
    wanted = ApiToken.objects.filter(user__is_service=True)
    token = (
        wanted.filter(pk=int(number)).first() if number.isascii() and number.isdigit() and len(number) < 19 else None
    )
    if token is None:
        raise CommandError(
            f"There is no token {number} of a service account.", "`remit token list` lists them.", BAD_INPUT
        )
    revoke(token)
    print(f"Token {token.pk} ({token.name}) is refused from now on.")
