"""Sending what waits for webhooks: one message after the other for each webhook, many webhooks at a time.

A message is claimed before it is sent: its next try is set in the same statement. A worker that is killed between
sending and writing down that it was sent therefore sends it again, later, under the same `webhook-id`.
"""

from __future__ import annotations

import json
import time
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from django.conf import settings
from django.db import transaction
from django.utils import timezone

from remit.kernel import actor
from remit.kernel.outbound import client
from remit.kernel.outbox import rules, webhooks
from remit.kernel.outbox.digests import RESTRICTED
from remit.kernel.outbox.models import Delivery, Lane, Webhook
from remit.kernel.resources import of_kind

SECONDS = 10.0
"""How long a receiver may take over one message."""
LARGEST = 16 * 1024
TURN = 20.0
"""Seconds that one webhook may keep a worker's hand before others are let in."""
LEASE = timedelta(seconds=60)
"""After how long a message that was claimed and not settled is sent again."""
GONE = 410


@dataclass(frozen=True)
class Message:
    """One try: everything that is needed to send it, without the database."""

    delivery_id: int
    webhook_id: int
    key: str
    url: str
    body: bytes
    secrets: tuple[str, ...]
    at: datetime


@dataclass(frozen=True)
class Outcome:
    status: int | None
    error: str

    @property
    def delivered(self) -> bool:
        return self.status is not None and 200 <= self.status < 300


def due(now: datetime) -> list[int]:
    """Return the webhooks that have something to send now. As the system."""
    waiting = Delivery.objects.filter(state="waiting", next_try_at__lte=now, webhook__active=True)
    resting = Lane.objects.filter(resting_until__gt=now).values("webhook")
    return list(waiting.exclude(webhook__in=resting).order_by("webhook").values_list("webhook", flat=True).distinct())


def deliver(webhook_id: int, *, clock: Callable[[], float] = time.monotonic) -> int:
    """Send what waits for one webhook until nothing does, one try fails, or its turn is over; return how many tries."""
    until, tries = clock() + TURN, 0
    while clock() < until:
        claimed = claim(webhook_id, timezone.now())
        if claimed is None:
            break
        if isinstance(claimed, Message):
            tries += 1
            outcome = send(claimed)
            settle(claimed, outcome, timezone.now())
            if not outcome.delivered:
                break
    return tries


def claim(webhook_id: int, now: datetime) -> Message | bool | None:
    """Take the next message; True when it was dropped since its owner sees it no longer, None when nothing is to do."""
    with actor.system("delivering webhooks"), transaction.atomic():
        webhook = Webhook.objects.filter(pk=webhook_id, active=True).select_related("owner").first()
        if webhook is None or Lane.objects.filter(webhook=webhook_id, resting_until__gt=now).exists():
            return None
        waiting = Delivery.objects.filter(webhook=webhook_id, state="waiting", next_try_at__lte=now)
        delivery = waiting.order_by("next_try_at", "id").select_for_update(skip_locked=True).first()
        if delivery is None:
            return None
        units = webhooks.scope(webhook)
        if units is None:
            webhooks.stop(webhook, f"{webhook.owner} may no longer have it.")
            return None
        with actor.acting(webhook.owner_id):
            body = payload(delivery, units)
        if body is None:
            delivery.state, delivery.ended_at, delivery.error = "cancelled", now, "No longer open to its owner."
            delivery.save(update_fields=["state", "ended_at", "error"])
            return True
        delivery.tries += 1
        delivery.next_try_at = now + LEASE
        delivery.save(update_fields=["tries", "next_try_at"])
        return Message(
            delivery.pk, webhook.pk, f"msg_{delivery.key.hex}", webhooks.url_of(webhook), body,
            tuple(webhooks.secrets_of(webhook, now)), now,
        )  # fmt: skip


def payload(delivery: Delivery, units: list[int]) -> bytes | None:
    """Return the body as the actor sees it, or None where they see nothing of it (Standard Webhooks 1.0, “Payload”)."""
    base = settings.ADDRESS
    data: dict[str, Any] = {"verb": delivery.verb, "actor": delivery.actor_id, "entry": delivery.entry_id}
    if delivery.kind == webhooks.TEST:
        return _body(webhooks.TEST, delivery.at, {"verb": "test", "url": f"{base}/webhooks/{delivery.webhook_id}/"})
    resource = of_kind(delivery.kind)
    if resource is None:
        return None
    rows = resource.queryset(resource.columns).filter(unit__in=units)
    data["kind"] = resource.kind
    if delivery.record_id is None:
        ids = list(rows.filter(pk__in=delivery.records or ()).order_by("pk").values_list("pk", flat=True))
        data |= {"count": delivery.count, "ids": ids, "url": f"{base}/{resource.slug}/"}
        return _body(f"{resource.slug}.{delivery.verb}", delivery.at, data) if ids else None
    record = rows.filter(pk=delivery.record_id).first()
    if record is None:
        return None
    title = RESTRICTED if record.restricted else str(record)
    data |= {"id": record.pk, "ref": record.ref, "title": title, "url": f"{base}/{resource.slug}/{record.pk}/"}
    return _body(f"{resource.slug}.{delivery.verb}", delivery.at, data)


def _body(type_: str, at: datetime, data: dict[str, Any]) -> bytes:
    said = {"type": type_, "timestamp": at.isoformat(), "data": data}
    return json.dumps(said, ensure_ascii=False, separators=(",", ":")).encode()


def send(message: Message) -> Outcome:
    """Send one message, signed; never raises for what the other side does."""
    headers = {
        "Content-Type": "application/json",
        "webhook-id": message.key,
        "webhook-timestamp": str(int(message.at.timestamp())),
        "webhook-signature": rules.signature(message.secrets, message.key, message.at, message.body),
    }
    try:
        answer = client.request(
            "POST", message.url, headers=headers, body=message.body, timeout=SECONDS, largest=LARGEST
        )
    except client.RequestFailedError as error:
        return Outcome(None, str(error))
    ok = 200 <= answer.status < 300
    return Outcome(answer.status, "" if ok else f"The receiver answered {answer.status}.")


def settle(message: Message, outcome: Outcome, now: datetime) -> None:
    """Write down how a try ended, and let the webhook rest, give the message up or stop the webhook where it failed."""
    with actor.system("delivering webhooks"), transaction.atomic():
        delivery = (
            Delivery.objects.select_for_update(of=("self",))
            .filter(pk=message.delivery_id)
            .select_related("webhook__owner")
            .first()
        )
        if delivery is None:  # the webhook was deleted meanwhile
            return
        lane = Lane.objects.select_for_update().get_or_create(webhook_id=message.webhook_id)[0]
        delivery.status, delivery.error = outcome.status, outcome.error[:200]
        if outcome.delivered:
            delivery.state, delivery.ended_at = "sent", now
            lane.failures, lane.resting_until, lane.delivered_at = 0, None, now
        else:
            _failed(delivery, lane, now)
        delivery.save(update_fields=["state", "status", "error", "ended_at", "next_try_at"])
        lane.save()


def _failed(delivery: Delivery, lane: Lane, now: datetime) -> None:
    webhook = delivery.webhook
    lane.failures += 1
    lane.resting_until = now + rules.wait(lane.failures, f"lane {webhook.pk}")
    delivery.next_try_at = now + rules.wait(delivery.tries, delivery.key.hex)
    if delivery.status == GONE or lane.failures >= rules.STOP_AFTER:
        why = (
            "Its receiver says it is gone." if delivery.status == GONE else f"It failed {lane.failures} times in a row."
        )
        webhooks.stop(webhook, why)
        title = f"Webhook stopped: {webhook.name}"
        webhooks.tell_owner(webhook, title, f"{why} {delivery.error} Look at it under Webhooks and start it again.")
    elif rules.given_up(delivery.asked_at, now):
        delivery.state, delivery.ended_at = "failed", now
        title = f"Webhook does not arrive: {webhook.name}"
        told = f"Messages to {webhook.host} were given up after three days. {delivery.error}"
        webhooks.tell_owner(webhook, title, f"{told} Mend the receiver, then send them again under Webhooks.")
