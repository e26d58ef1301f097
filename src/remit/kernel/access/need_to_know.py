"""Need-to-know: restricting a record, lifting that, and who may see it meanwhile.

Who owns a record, or may decide on it, names who else needs to know it. That a restricted record was read is on the
ledger, once for each person and record in READ_AGAIN (and process): more would say nothing new, and let whoever reloads
a page fill it.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Final

from django.core.cache import cache
from django.db import transaction
from django.db.models import Q, QuerySet
from django.utils import timezone

from remit.kernel import actor, step_up
from remit.kernel.access.models import NeedToKnow, Reach, User
from remit.kernel.access.roles import ROLES, Level
from remit.kernel.access.standing import Standing
from remit.kernel.ledger.reading import note

if TYPE_CHECKING:
    from remit.kernel.records import Record

READ_AGAIN: Final = timedelta(minutes=10)
LONGEST_REASON: Final = 200
BATCH: Final = 100
"""Keys that one entry of the ledger holds."""


class NeedToKnowRefusedError(Exception):
    """A restriction or a leave that a rule forbids; its text is for the person who tried."""


def keeps(standing: Standing, record: Record) -> bool:
    """Say whether this person restricts the record and names who needs to know: its owner, and who decides on it."""
    return record.owner_id == standing.user_id or standing.may_do("decide", record)


def own_restriction(model: type[Record]) -> bool:
    """Say whether records of this type are restricted by themselves, and not with another that they go with."""
    follows = getattr(getattr(model, "resource", None), "follows", "")
    return not (follows or model.known_by or hasattr(model, "seen_through"))


@transaction.atomic
def restrict(standing: Standing, record: Record, reason: str) -> None:
    """Let only the owner and those who need to know see the record from now on; who does it is one of them."""
    _allow(standing, record)
    said = _said(reason)
    if record.restricted:
        raise NeedToKnowRefusedError(f"{record.ref} is restricted already.")
    if record.owner_id != standing.user_id:
        _name(record, standing.user_id, standing.user_id, said)
    record.restricted = True
    with actor.verb("restrict", said):
        record.save(update_fields=["restricted"])


@transaction.atomic
def release(standing: Standing, record: Record, reason: str) -> None:
    """Lift the restriction: everybody who reaches the unit sees the record again, and no leave is left over."""
    _allow(standing, record)
    said = _said(reason)
    if not record.restricted:
        raise NeedToKnowRefusedError(f"{record.ref} is not restricted.")
    step_up.require()
    record.restricted = False
    with actor.verb("release", said):
        record.save(update_fields=["restricted"])
    NeedToKnow.objects.filter(kind=record.kind(), record_id=record.pk).delete()


def leaves(record: Record) -> QuerySet[NeedToKnow]:
    """Return the leaves that hold now, oldest first."""
    holds = Q(until=None) | Q(until__gt=timezone.now())
    return (
        NeedToKnow.objects.filter(holds, kind=record.kind(), record_id=record.pk)
        .select_related("user", "given_by")
        .order_by("pk")
    )


def nameable(record: Record) -> QuerySet[User]:
    """Return who would see the record but for its restriction and was not named yet."""
    roles = [role.name for role in ROLES.values() if role.level(record.kind()) >= Level.VIEW]
    holds = Q(until=None) | Q(until__gte=timezone.localdate())
    reach = Reach.objects.filter(holds, unit=record.unit_id, role__in=roles)
    known = [record.owner_id, *leaves(record).values_list("user_id", flat=True)]
    return User.objects.filter(is_active=True, pk__in=reach.values("user")).exclude(pk__in=filter(None, known))


@transaction.atomic
def let_know(
    standing: Standing, record: Record, user_id: int, reason: str, until: datetime | None = None
) -> NeedToKnow:
    """Name somebody who needs to know, for good or until a moment."""
    _allow(standing, record)
    said = _said(reason)
    if not record.restricted:
        raise NeedToKnowRefusedError(f"{record.ref} is not restricted; restrict it first.")
    if until is not None and until <= timezone.now():
        raise NeedToKnowRefusedError("The last moment is past. Choose a later one, or leave it empty.")
    person = nameable(record).filter(pk=user_id).first()
    if person is None:
        raise NeedToKnowRefusedError(
            "Choose somebody from the list: whose roles reach such records here and who does not see it yet."
        )
    given = _name(record, person.pk, standing.user_id, said, until)
    ends = f" until {until:%Y-%m-%d %H:%M} UTC" if until else ""
    note("let know", record.kind(), [record.pk], f"{person.name}{ends}: {said}")
    return given


@transaction.atomic
def take_back(standing: Standing, record: Record, leave_id: int) -> str:
    """Take a leave back and return whose it was; "" where the record has none of this key."""
    _allow(standing, record)
    found = leaves(record).filter(pk=leave_id).first()
    if found is None:
        return ""
    found.delete()
    note("take leave back", record.kind(), [record.pk], found.user.name)
    return found.user.name


def next_end() -> datetime | None:
    """Return when the first of the actor's leaves ends; answers that are kept hold no longer than that."""
    held = NeedToKnow.objects.filter(user_id=actor.actor().user_id or 0, until__gt=timezone.now())
    return held.order_by("until").values_list("until", flat=True).first()


def note_reads(records: Iterable[Record], how: str = "") -> None:
    """Put on the ledger that the actor reads those of the records that are restricted; the system reads unnoted."""
    who = actor.actor()
    reader = who.viewer_id or who.user_id
    secret: dict[str, Sequence[int]] = {}
    for record in records:
        if record.restricted:
            secret[record.kind()] = [*secret.get(record.kind(), ()), record.pk]
    if who.system or reader is None or not secret:
        return
    for kind, ids in secret.items():
        keys = {f"read:{reader}:{kind}:{pk}": pk for pk in ids}
        known = cache.get_many(keys)
        fresh = [pk for key, pk in keys.items() if key not in known]
        for start in range(0, len(fresh), BATCH):
            note("read", kind, fresh[start : start + BATCH], how)
        _remember([key for key in keys if key not in known])


def _remember(keys: list[str]) -> None:
    """Remember what was noted once the note is stored; what is rolled back is noted again."""
    transaction.on_commit(lambda: cache.set_many(dict.fromkeys(keys, True), READ_AGAIN.total_seconds()))


def _name(record: Record, user_id: int, given_by: int, reason: str, until: datetime | None = None) -> NeedToKnow:
    given, _ = NeedToKnow.objects.update_or_create(
        kind=record.kind(),
        record_id=record.pk,
        user_id=user_id,
        defaults={"reason": reason, "until": until, "given_by_id": given_by, "broken_glass": False},
    )
    return given


def _allow(standing: Standing, record: Record) -> None:
    if not keeps(standing, record):
        raise NeedToKnowRefusedError("This is for the owner of the record, or for who decides on such records here.")
    if not own_restriction(type(record)):
        raise NeedToKnowRefusedError(
            "It is restricted with the record that it belongs to; open that one and do it there."
        )


def _said(reason: str) -> str:
    said = " ".join(reason.replace("\x00", "").split())
    if not said:
        raise NeedToKnowRefusedError("Say why.")
    if len(said) > LONGEST_REASON:
        raise NeedToKnowRefusedError(f"Say it in at most {LONGEST_REASON} characters.")
    return said
