"""`remit db`: where the database is, the roles it needs, its migrations."""

import argparse
import secrets
from urllib.parse import quote

from remit.kernel import postgres
from remit.kernel.postgres import Role

from .errors import BAD_INPUT, CommandError
from .output import say


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """The actions."""
    actions = parser.add_subparsers(dest="action", required=True, metavar="ACTION")
    uri = actions.add_parser("uri", help="print the connection string, for psql; starts the database if need be")
    uri.add_argument("--role", choices=("owner", "app"), default="app", help="app (default), or owner for migrations")
    roles = actions.add_parser("roles", help="print the SQL an administrator runs once on a server of your own")
    roles.add_argument("--database", default=postgres.DATABASE, metavar="NAME", help="name of the database to create")
    roles.add_argument("--host", default="localhost", help="for the connection strings that it prints")
    roles.add_argument("--port", type=int, default=5432, help="for the connection strings that it prints")
    actions.add_parser("migrate", help="bring the tables up to date")
    actions.add_parser("stop", help="stop an embedded database that `remit db uri` started")


def run(arguments: argparse.Namespace) -> int:
    """Do the action."""
    match arguments.action:
        case "uri":
            print(_uri(arguments.role))
        case "roles":
            _roles(arguments.database, arguments.host, arguments.port)
        case "migrate":
            _migrate()
        case "stop":
            print("The database is stopped." if postgres.stop() else "The database was not running.")
    return 0


def _uri(role: Role) -> str:
    """A URI that answers: an embedded server that had to be started stays up, since psql cannot hold it."""
    external = postgres.external_uri(role)
    if external is not None:
        return external
    was_running = postgres.in_use()
    with postgres.running(keep=True) as server:
        if not was_running:
            say("The database was started and stays up; `remit db stop` stops it.")
        return server.uri(role)


def _roles(database: str, host: str, port: int) -> None:
    """SQL on stdout; on stderr the settings with the passwords, which the SQL does not hold."""
    passwords: dict[Role, str] = {"owner": secrets.token_urlsafe(24), "app": secrets.token_urlsafe(24)}
    try:
        sql = postgres.roles_sql(passwords, database=database)
    except ValueError as error:
        raise CommandError(f"{error}.", "Choose another --database.", status=BAD_INPUT) from None
    say("# The settings for Remit once the SQL has been run with psql. The passwords are shown here only.")
    for variable, role in (("DATABASE_URL", "app"), ("DATABASE_OWNER_URL", "owner")):
        user = {"app": "remit_app", "owner": "remit_owner"}[role]
        password = passwords["app" if role == "app" else "owner"]
        say(f"export {variable}='postgresql://{user}:{password}@{quote(host, safe='')}:{port}/{database}'")
    print(sql, end="")


def _migrate() -> None:
    from .django_setup import django_setup  # noqa: PLC0415
    from .migrations import migrate_if_needed  # noqa: PLC0415

    django_setup("owner")
    count = migrate_if_needed()
    print(f"{count} migrations applied." if count else "The database is up to date.")
