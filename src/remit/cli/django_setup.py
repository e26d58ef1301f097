"""Make Django ready in this process, with the database running and the connection of the right role."""

import atexit
import os
from contextlib import ExitStack
from urllib.parse import unquote, urlsplit

from remit.kernel import postgres
from remit.kernel.postgres import Role

_in_use = ExitStack()


def django_setup(role: Role = "app") -> postgres.Server | None:
    """Ensure that the database runs until this process ends, tell the settings where it is and load Django.

    Sets `REMIT_DATABASE_URI` and, for the guards that migrations install, `REMIT_APP_ROLE`.

    Args:
        role: "app" for everything but migrations, which need "owner".

    Returns:
        The embedded server, or None when `DATABASE_URL` names another.

    Raises:
        PostgresError: the database cannot be started, or `DATABASE_URL` is wrong.
    """
    server = None
    uri, application = postgres.external_uri(role), postgres.external_uri("app")
    if uri is None or application is None:
        server = use_embedded()
        uri, application = server.uri(role), server.uri("app")
    os.environ["REMIT_DATABASE_URI"] = uri
    os.environ["REMIT_APP_ROLE"] = unquote(urlsplit(application).username or "remit_app")
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "remit.settings")

    import django  # noqa: PLC0415 - only now is the database known

    django.setup()
    return server


def use_embedded(*, keep: bool = False) -> postgres.Server:
    """The embedded server, held until this process ends."""
    server = _in_use.enter_context(postgres.running(keep=keep))
    atexit.register(_in_use.close)
    return server


def become(role: Role) -> None:
    """Connect as the other role from here on, in a process that has begun as one of them."""
    from django.db import connections  # noqa: PLC0415 - after django_setup
    from psycopg.conninfo import conninfo_to_dict  # noqa: PLC0415

    connection = connections["default"]
    connection.close()
    given = conninfo_to_dict(postgres.database_uri(role))
    for setting, name in (("USER", "user"), ("PASSWORD", "password"), ("HOST", "host"), ("PORT", "port")):
        connection.settings_dict[setting] = str(given.get(name, ""))
