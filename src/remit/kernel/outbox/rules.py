"""What the outbox means, over plain values: signatures, when to try again, when a digest is due."""

from __future__ import annotations

import base64
import hmac
from collections.abc import Iterable
from datetime import UTC, date, datetime, time, timedelta
from hashlib import sha256
from zoneinfo import ZoneInfo

FIRST_WAIT = 10.0
LONGEST_WAIT = 12 * 3600.0
GROWTH = 3
JITTER = 0.2
GIVE_UP_AFTER = timedelta(days=3)
STOP_AFTER = 20
"""Failures in a row after which a webhook is stopped: about six days without a single success."""
OVERLAP = timedelta(hours=24)
"""How long what is sent is signed by the old secret too, after a new one was made."""
CATCH_UP = timedelta(hours=12)
"""How late a digest may still be sent, when no worker ran at its hour."""
SECRET_PREFIX = "whsec_"  # noqa: S105 - what a secret begins with
MANY = 20
"""Of a statement that touched more records than this, one message tells all."""
PARTS = {
    "decisions": "Decisions that wait for you",
    "overdue": "Overdue",
    "soon": "Due within seven days",
    "new": "Newly given to you",
    "changed": "What changed in what you own",
}
"""The parts of a digest in their order; each piece of work stands in the first that fits."""


def usual_parts() -> list[str]:
    return [name for name in PARTS if name != "changed"]


def wait(tries: int, key: str) -> timedelta:
    """Return how long to wait after this many failed tries: 10 s, 30 s, 90 s … 12 h, and up to a fifth more.

    The fifth follows from `key` and the try, so that what failed together is not tried again together, and yet the
    same failure always waits as long.
    """
    seconds = min(LONGEST_WAIT, FIRST_WAIT * GROWTH ** min(max(tries, 1) - 1, 20))
    share = int.from_bytes(sha256(f"{key}:{tries}".encode()).digest()[:4], "big") / 2**32
    return timedelta(seconds=seconds * (1 + JITTER * share))


def given_up(asked_at: datetime, now: datetime) -> bool:
    return now - asked_at >= GIVE_UP_AFTER


def new_secret(random: bytes) -> str:
    """Return 32 random bytes in the form that receivers' libraries take (Standard Webhooks 1.0, “Symmetric”)."""
    return SECRET_PREFIX + base64.b64encode(random).decode()


def signature(secrets: Iterable[str], message_id: str, at: datetime, body: bytes) -> str:
    """Return the header `webhook-signature`: one "v1," HMAC-SHA-256 for each secret, over id, timestamp and body."""
    signed = f"{message_id}.{int(at.timestamp())}.".encode() + body
    made = []
    for secret in secrets:
        key = base64.b64decode(secret.removeprefix(SECRET_PREFIX))
        made.append("v1," + base64.b64encode(hmac.digest(key, signed, "sha256")).decode())
    return " ".join(made)


def wants(verbs: Iterable[str], verb: str) -> bool:
    """Say whether a subscription to these verbs is told of this one; "moves" stands for every move."""
    held = set(verbs)
    return verb in held or ("moves" in held and verb not in {"create", "change", "delete"})


def last_slot(frequency: str, weekday: int, hour: int, zone: str, now: datetime) -> datetime | None:
    """Return the latest moment, not after `now`, at which a digest was due (UTC); None for "off".

    There is one for each day (or week) of the person's own calendar. An hour that a day skips is taken an hour later;
    of an hour that a day has twice, the first.
    """
    if frequency == "off":
        return None
    place = ZoneInfo(zone)
    today = now.astimezone(place).date()
    back = (today.weekday() - weekday) % 7 if frequency == "weekly" else 0
    step = 7 if frequency == "weekly" else 1
    due = _moment(today - timedelta(days=back), hour, place)
    return due if due <= now else _moment(today - timedelta(days=back + step), hour, place)


def digest_due(slot: datetime | None, chosen_at: datetime, now: datetime) -> bool:
    """Say whether the digest of this moment is to be sent: not long after it, and only if it was chosen before it."""
    return slot is not None and now - slot <= CATCH_UP and slot > chosen_at


def covered(frequency: str, slot: datetime) -> datetime:
    """Return from when on a digest tells what is new."""
    return slot - timedelta(days=7 if frequency == "weekly" else 1)


def _moment(day: date, hour: int, place: ZoneInfo) -> datetime:
    return datetime.combine(day, time(hour), place).astimezone(UTC)
