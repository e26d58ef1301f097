"""`remit identity-provider`: providers by which people sign in (OpenID Connect)."""

import argparse
import os
from typing import TYPE_CHECKING

from .errors import BAD_INPUT, FAILURE, CommandError
from .output import print_json, print_table

if TYPE_CHECKING:
    from remit.kernel.federation.models import IdentityProvider


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """The actions on providers."""
    actions = parser.add_subparsers(dest="action", required=True, metavar="ACTION")
    add = actions.add_parser("add", help="add an OpenID provider; its client secret is read from REMIT_CLIENT_SECRET")
    add.add_argument("name", help="as its button on the sign-in page says")
    add.add_argument("--issuer", required=True, metavar="URL", help="as its discovery document says, to the letter")
    add.add_argument("--client-id", required=True, help="what it knows Remit by")
    add.add_argument("--domains", required=True, help="mail domains whose people it speaks for, apart by commas")
    add.add_argument("--vouches-for-mail", action="store_true", help="its addresses count as verified")
    providers = actions.add_parser("list", help="list providers")
    providers.add_argument("--json", action="store_true", help="print as JSON")
    for name, what in (
        ("test", "ask a provider what it is, and say what is wrong"),
        ("disable", "let a provider sign nobody in any longer"),
    ):
        actions.add_parser(name, help=what).add_argument("slug", help="as `list` shows it")


def run(arguments: argparse.Namespace) -> int:
    """Do the action."""
    from .django_setup import django_setup  # noqa: PLC0415

    django_setup()
    from django.db import transaction  # noqa: PLC0415 - after django_setup

    from remit.kernel import actor  # noqa: PLC0415

    actions = {"add": _add, "list": _list, "test": _test, "disable": _disable}
    with actor.system("remit identity-provider, from the command line"), transaction.atomic():
        return actions[arguments.action](arguments)


def _add(arguments: argparse.Namespace) -> int:
    from remit.kernel.federation.managing import FederationRefusedError, save_provider  # noqa: PLC0415
    from remit.kernel.federation.rules import domains_in  # noqa: PLC0415

    try:
        row = save_provider(
            None, name=arguments.name[:40], issuer=arguments.issuer, client_id=arguments.client_id,
            secret=os.environ.get("REMIT_CLIENT_SECRET", ""), domains=domains_in(arguments.domains),
            vouches_for_mail=arguments.vouches_for_mail,
        )  # fmt: skip
    except (ValueError, FederationRefusedError) as error:
        raise CommandError("The provider was not added.", str(error), status=BAD_INPUT) from None
    print(
        f"{row.slug} is added. Enter this redirect address there: https://YOUR-HOST/account/sign-in/{row.slug}/callback/"
    )
    return 0


def _list(arguments: argparse.Namespace) -> int:
    from remit.kernel.federation.models import IdentityProvider  # noqa: PLC0415

    rows = list(IdentityProvider.objects.all())
    if arguments.json:
        print_json(
            [
                {
                    "slug": row.slug, "name": row.name, "issuer": row.issuer,
                    "domains": row.domains, "active": row.is_active, "required": row.is_required,
                }
                for row in rows
            ]
        )  # fmt: skip
    else:
        print_table([_line(row) for row in rows], ("provider", "name", "issuer", "domains", "active"))
    return 0


def _line(row: "IdentityProvider") -> tuple[str, ...]:
    issuer, active = row.issuer, "yes" if row.is_active else "no"
    return row.slug, row.name, issuer, ", ".join(row.domains), active


def _test(arguments: argparse.Namespace) -> int:
    from remit.kernel.federation.managing import tested  # noqa: PLC0415

    fine, what = tested(_found(arguments.slug))
    print(what)
    return 0 if fine else FAILURE


def _disable(arguments: argparse.Namespace) -> int:
    from remit.kernel.federation.managing import switch_provider  # noqa: PLC0415

    row = _found(arguments.slug)
    switch_provider(row, active=False)
    print(f"{row.slug} is disabled.")
    return 0


def _found(slug: str) -> "IdentityProvider":
    from remit.kernel.federation.models import IdentityProvider  # noqa: PLC0415

    row = IdentityProvider.objects.filter(slug=slug).first()
    if row is None:
        raise CommandError(
            f"There is no identity provider {slug}.", "`remit identity-provider list` lists them.", status=BAD_INPUT
        )
    return row
