"""Which database Remit uses: a server named in the environment, or the embedded one."""

import os
from collections.abc import Mapping
from pathlib import Path
from urllib.parse import urlsplit

from .errors import PostgresError
from .places import data_folder, find
from .programs import installed
from .roles import Role
from .sharing import Server

APP_VARIABLE = "DATABASE_URL"
OWNER_VARIABLE = "DATABASE_OWNER_URL"


def external_uri(role: Role, environment: Mapping[str, str] = os.environ) -> str | None:
    """The URI of a server of the administrator's own (PostgreSQL 15 or later), or None to use the embedded one.

    `DATABASE_URL` is the application's role and `DATABASE_OWNER_URL` the owner's. With `DATABASE_URL` alone one role
    does both, which is less safe: row-level security then holds only because it is forced on the owner too.

    Raises:
        PostgresError: the value is not a PostgreSQL URI, or only the owner's is given.
    """
    app, owner = environment.get(APP_VARIABLE, ""), environment.get(OWNER_VARIABLE, "")
    if not app:
        if owner:
            raise PostgresError(
                f"{OWNER_VARIABLE} is set without {APP_VARIABLE}.", f"Set {APP_VARIABLE} to the application's role too."
            )
        return None
    for name, value in ((APP_VARIABLE, app), (OWNER_VARIABLE, owner)):
        if value:
            _check(name, value)
    return (owner or app) if role == "owner" else app


def _check(name: str, value: str) -> None:
    hint = "It has the form postgresql://user:password@host:5432/remit, special characters %-encoded."
    try:
        parts = urlsplit(value)
        _ = parts.port
    except ValueError:
        raise PostgresError(f"{name} is not a URI.", hint) from None
    if parts.scheme not in {"postgresql", "postgres"} or not parts.path.strip("/"):
        raise PostgresError(f"{name} is not the URI of a PostgreSQL database.", hint)


def database_uri(role: Role, data: Path | None = None) -> str:
    """The URI to connect with: the server named in the environment, else the embedded one of a data folder.

    The embedded server must be in use (`running`) for the URI to answer; this neither starts nor keeps it.

    Raises:
        PostgresError: the environment is wrong, or the data folder has no database yet.
    """
    uri = external_uri(role)
    if uri is not None:
        return uri
    place = find(data_folder(data))
    if place is None or not place.cluster.exists():
        raise PostgresError(f"There is no database in {data_folder(data)} yet.", "Run `remit up` first.")
    return Server(place, installed()).uri(role)
