"""The bearer token of a SCIM connection: shown once, kept as a digest, and over after a time."""

from __future__ import annotations

import re
import secrets
from datetime import timedelta
from hashlib import sha256

from django.db import connection as database
from django.db import transaction
from django.utils import timezone

from remit.kernel import actor
from remit.kernel.federation.models import ScimConnection

PREFIX = "remit_scim_"
WELL_FORMED = re.compile(PREFIX + r"[A-Za-z0-9_-]{43}")
USUAL_DAYS = 180
MOST_DAYS = 366
USE_SECONDS = 60


@transaction.atomic
def new_token(connection: ScimConnection, days: int = USUAL_DAYS) -> str:
    """Give a connection a new token and return it, this once; the former one ends. ValueError beyond 1 to 366 days."""
    if not 1 <= days <= MOST_DAYS:
        raise ValueError(f"A token lives from 1 to {MOST_DAYS} days.")
    token = PREFIX + secrets.token_urlsafe(32)
    connection.digest, connection.hint = digest_of(token), token[: len(PREFIX) + 4]
    connection.expires_at = timezone.now() + timedelta(days=days)
    with actor.verb("make token"):
        connection.save(update_fields=["digest", "hint", "expires_at"])
    return token


@transaction.atomic
def revoke(connection: ScimConnection) -> None:
    """End a connection's token from the next call on."""
    connection.digest, connection.expires_at = None, None
    with actor.verb("revoke token"):
        connection.save(update_fields=["digest", "expires_at"])


def presented(header: str) -> ScimConnection | None:
    """Return the connection whose token an Authorization header (RFC 6750) carries, or None if it holds no longer."""
    scheme, _, token = header.partition(" ")
    if scheme.lower() != "bearer" or not WELL_FORMED.fullmatch(token):
        return None
    with actor.system("reading a SCIM token"), transaction.atomic():
        found = ScimConnection.objects.filter(digest=digest_of(token), expires_at__gt=timezone.now()).first()
        if found is not None:
            _used(found)
    return found


def digest_of(token: str) -> bytes:
    return sha256(token.encode()).digest()


def _used(connection: ScimConnection) -> None:
    with database.cursor() as cursor:
        cursor.execute(
            """insert into scim_use as u (connection_id, used_at) values (%s, now())
               on conflict (connection_id) do update set used_at = excluded.used_at
               where u.used_at < now() - make_interval(secs => %s)""",
            (connection.pk, USE_SECONDS),
        )
