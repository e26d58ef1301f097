"""Reading what happened off the ledger, once each, and turning it into deliveries and mails that wait."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING

from django.db import connection, transaction

from remit.kernel import actor
from remit.kernel.outbox import rules, webhooks
from remit.kernel.outbox.digests import tell_of_decisions
from remit.kernel.outbox.models import Delivery, Position, Webhook
from remit.kernel.resources import of_kind

if TYPE_CHECKING:
    from remit.kernel.records import Record

BATCH = 200
CHUNK = 5_000
"""Keys asked for at a time."""


@dataclass(frozen=True, slots=True)
class Event:
    """One entry of the ledger, without what changed."""

    txid: int
    entry_id: int
    at: datetime
    actor_id: int | None
    kind: str
    verb: str
    records: tuple[int, ...]


def route(most: int = BATCH) -> int:
    """Take up to `most` entries that have become certain, store what is to be sent of them, and return how many.

    All in one transaction with the new position, so that each entry is told once. Another process that does the same
    at this moment is left alone (0).
    """
    with actor.system("reading events for webhooks and mail"), transaction.atomic():
        position = _position()
        if position is None:
            return 0
        events = _events(position, most)
        if not events:
            return 0
        for webhook in Webhook.objects.filter(active=True).select_related("owner").order_by("pk"):
            _fan_out(webhook, events)
        given = [e for e in events if e.kind == "kernel.work" and e.verb == "create"]
        tell_of_decisions([key for e in given for key in e.records])
        position.txid, position.entry_id = events[-1].txid, events[-1].entry_id
        position.save()
        return len(events)


def _position() -> Position | None:
    """Return where the last reader stopped, locked; at the first time, the end: what is past is not told."""
    txid, entry_id, uncertain_from, newest = _end()
    if not Position.objects.filter(pk=1).exists():
        Position.objects.bulk_create([Position(pk=1, txid=txid, entry_id=entry_id)], ignore_conflicts=True)
    position = Position.objects.select_for_update(skip_locked=True).filter(pk=1).first()
    if position is not None and position.txid >= uncertain_from and position.txid > txid:
        # A restored database on a new server, which counts its transactions anew: begin after what was restored.
        position.txid, position.entry_id, position.above = 0, 0, newest
        position.save()
    return position


def _end() -> tuple[int, int, int, int]:
    with connection.cursor() as cursor:
        cursor.execute("select txid, entry_id, uncertain_from, newest from remit_outbox_end()")
        txid, entry_id, uncertain_from, newest = cursor.fetchone()
    return txid, entry_id, uncertain_from, newest


def _events(position: Position, most: int) -> list[Event]:
    with connection.cursor() as cursor:
        cursor.execute(
            "select * from remit_outbox_events(%s, %s, %s, %s)",
            (position.txid, position.entry_id, position.above, most),
        )
        return [
            Event(t, e, at, who, kind, verb, tuple(ids or ())) for t, e, at, who, kind, verb, ids in cursor.fetchall()
        ]


def _fan_out(webhook: Webhook, events: Sequence[Event]) -> None:
    """Store a delivery for each event that a webhook wants, of records that its owner sees in its unit."""
    wanted = [e for e in events if e.records and e.kind in webhook.kinds and rules.wants(webhook.verbs, e.verb)]
    if not wanted:
        return
    units = webhooks.scope(webhook)
    if units is None:
        webhooks.stop(webhook, f"{webhook.owner} may no longer have it.")
        return
    with actor.acting(webhook.owner_id):
        seen = {
            kind: visible(kind, {key for e in wanted if e.kind == kind for key in e.records}, units)
            for kind in {e.kind for e in wanted}
        }
    deliveries = [d for e in wanted for d in _deliveries(webhook, e, seen[e.kind])]
    Delivery.objects.bulk_create(deliveries, batch_size=1_000, ignore_conflicts=True)


def _deliveries(webhook: Webhook, event: Event, seen: set[int]) -> Iterator[Delivery]:
    keys = [key for key in event.records if key in seen]
    common = {
        "webhook": webhook, "entry_id": event.entry_id, "kind": event.kind, "verb": event.verb,
        "actor_id": event.actor_id, "at": event.at,
    }  # fmt: skip
    if len(event.records) > rules.MANY:
        if keys:
            yield Delivery(**common, records=keys[:100], count=len(keys))
    else:
        for key in keys:
            yield Delivery(**common, record_id=key)


def visible(kind: str, keys: Iterable[int], units: list[int]) -> set[int]:
    """Return which of these records the actor sees in these units; some queries, their number bounded by the keys."""
    resource = of_kind(kind)
    if resource is None:
        return set()
    model: type[Record] = resource.model
    ordered, found = sorted(keys), set[int]()
    for start in range(0, len(ordered), CHUNK):
        rows = model._default_manager.filter(pk__in=ordered[start : start + CHUNK], unit__in=units)
        found.update(rows.values_list("pk", flat=True))
    return found
