"""Calling by `Authorization: Bearer`: who calls, and a limit on how often an address may be wrong."""

from __future__ import annotations

from django.core.cache import cache
from django.http import HttpRequest

from remit.kernel.identity.clients import address_of
from remit.kernel.identity.tokens import Presented, present

WRONG_TRIES = 20
WRONG_SECONDS = 60


class TooManyWrongError(Exception):
    """An address has presented too many wrong tokens; none from there is looked at for a minute."""


def called_by(request: HttpRequest) -> Presented | None:
    """Return the token that a request carries, or None for one that does not hold.

    TooManyWrongError after 20 wrong ones within a minute from the same address.
    """
    key = f"identity.wrong.{address_of(request)}"
    if (cache.get(key) or 0) >= WRONG_TRIES:
        raise TooManyWrongError
    scheme, _, text = request.headers.get("Authorization", "").partition(" ")
    found = present(text.strip()) if scheme.lower() == "bearer" else None
    if found is None:
        cache.add(key, 0, WRONG_SECONDS)
        try:
            cache.incr(key)
        except ValueError:
            cache.set(key, 1, WRONG_SECONDS)  # it ran out between the two
    return found
