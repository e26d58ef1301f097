"""Subscriptions: making, changing, stopping and starting them, and whom they may speak for.

A webhook is its owner's: it tells what they see, is changed and started only by them, and says nothing once they may no
longer sign in or no longer administer its unit. Others who administer the unit may stop and delete it.
"""

from __future__ import annotations

import os
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from urllib.parse import urlsplit

from django.db import transaction
from django.utils import timezone

from remit.kernel import actor
from remit.kernel.access.managing import administered
from remit.kernel.access.standing import Standing, standing
from remit.kernel.outbound import client
from remit.kernel.outbox import rules
from remit.kernel.outbox.models import Delivery, Lane, Webhook
from remit.kernel.resources import resources
from remit.kernel.sealing import seal, unseal
from remit.kernel.work.models import Work
from remit.kernel.work.services import ask

TEST = "remit.test"
MOST = 100
"""Webhooks of one owner; each is asked at every event."""


class WebhookRefusedError(Exception):
    """A webhook that a rule forbids; the text is for the person who tried and says what to do."""


@dataclass(frozen=True)
class Said:
    """What a person says of a webhook; `url` empty leaves the address as it is."""

    name: str
    url: str
    unit_id: int
    kinds: tuple[str, ...]
    verbs: tuple[str, ...]


def kinds_for(held: Standing) -> list[tuple[str, str]]:
    """Return the record types, as (kind, title), that a webhook of this person can tell of."""
    return [(r.kind, r.title) for r in resources() if held.sees(r.kind)]


def verbs() -> list[tuple[str, str]]:
    """Return what can happen to records, as (verb, words). Deletions are not told: nobody sees a deleted record."""
    moves = {name: move.label for r in resources() for name, move in r.model.moves().items()}
    named = [(name, f"Move: {label.lower()}") for name, label in sorted(moves.items())]
    return [("create", "Created"), ("change", "Changed"), ("moves", "Every move"), *named]


def refusal(held: Standing, said: Said) -> str:
    """Say why this person may not have this webhook, or return ""."""
    if said.unit_id not in {unit.id for unit in administered(held)}:
        return "Choose a unit that you administer."
    if not said.kinds or not said.verbs:
        return "Choose at least one record type and one event."
    known, happens = dict(kinds_for(held)), dict(verbs())
    if not (set(said.kinds) <= set(known) and set(said.verbs) <= set(happens)):
        return "Choose record types and events that are offered."
    return client.url_refusal(said.url) if said.url else ""


@transaction.atomic
def add(held: Standing, said: Said) -> tuple[Webhook, str]:
    """Make a webhook and return it with its secret, which is shown this once. WebhookRefusedError."""
    if why := refusal(held, said) or ("" if said.url else "Say to which address."):
        raise WebhookRefusedError(why)
    if Webhook.objects.filter(owner_id=held.user_id).count() >= MOST:
        raise WebhookRefusedError(f"You have {MOST} webhooks already; delete one that is not needed.")
    made = Webhook(
        name=said.name, host="", url="", signing_secret="", kinds=[], verbs=[],
        unit_id=said.unit_id, owner_id=held.user_id,
    )  # fmt: skip
    _say(made, said)
    made.save()
    secret = _renew(made)
    made.url = seal(said.url, _purpose(made, "url"))
    made.save(update_fields=["url", "signing_secret"])
    with actor.system("making a webhook"):
        Lane.objects.create(webhook=made)
    return made, secret


@transaction.atomic
def change(held: Standing, webhook: Webhook, said: Said) -> None:
    """Change what a webhook tells, or where to. WebhookRefusedError, also for somebody else's."""
    _must_own(held, webhook)
    if why := refusal(held, said):
        raise WebhookRefusedError(why)
    _say(webhook, said)
    if said.url:
        webhook.url = seal(said.url, _purpose(webhook, "url"))
    webhook.save()


@transaction.atomic
def rotate(held: Standing, webhook: Webhook, now: datetime) -> str:
    """Give a webhook a new secret and return it; for 24 hours messages are signed by the old one as well."""
    _must_own(held, webhook)
    webhook.old_signing_secret = seal(
        unseal(webhook.signing_secret, _purpose(webhook, "secret")), _purpose(webhook, "old")
    )
    webhook.old_until = now + rules.OVERLAP
    secret = _renew(webhook)
    webhook.save(update_fields=["signing_secret", "old_signing_secret", "old_until"])
    return secret


def start(held: Standing, webhook: Webhook) -> None:
    """Let a stopped webhook go on, with what waited."""
    _must_own(held, webhook)
    webhook.active, webhook.stopped = True, ""
    webhook.save(update_fields=["active", "stopped"])
    with actor.system("starting a webhook"), transaction.atomic():
        Lane.objects.filter(webhook=webhook).update(failures=0, resting_until=None)


def stop(webhook: Webhook, why: str) -> None:
    webhook.active, webhook.stopped = False, why[:200]
    webhook.save(update_fields=["active", "stopped"])


@transaction.atomic
def delete(webhook: Webhook) -> None:
    """Delete a webhook that the actor sees, with what waited and was sent."""
    with actor.system("deleting a webhook"):
        Delivery.objects.filter(webhook=webhook).delete()
        Lane.objects.filter(webhook=webhook).delete()
    webhook.delete()


@transaction.atomic
def test(held: Standing, webhook: Webhook, now: datetime) -> None:
    """Send a message that says nothing of any record. WebhookRefusedError while it is stopped or not theirs."""
    _must_own(held, webhook)
    if not webhook.active:
        raise WebhookRefusedError("This webhook is stopped; start it first.")
    with actor.system("testing a webhook"):
        Delivery.objects.create(webhook=webhook, kind=TEST, verb="test", at=now, actor_id=held.user_id)


@transaction.atomic
def redeliver(held: Standing, delivery: Delivery, now: datetime) -> None:
    """Send a message again, under the same id, as if it had just been asked for."""
    _must_own(held, delivery.webhook)
    with actor.system("sending again"):
        Lane.objects.filter(webhook=delivery.webhook).update(resting_until=None)
        Delivery.objects.filter(pk=delivery.pk).exclude(state="waiting", tries=0).update(
            state="waiting", tries=0, next_try_at=now, asked_at=now, ended_at=None, error="", status=None
        )


def url_of(webhook: Webhook) -> str:
    return unseal(webhook.url, _purpose(webhook, "url"))


def secrets_of(webhook: Webhook, now: datetime) -> list[str]:
    """Return the secrets by which messages are signed now, the newest first."""
    found = [unseal(webhook.signing_secret, _purpose(webhook, "secret"))]
    if webhook.old_signing_secret and webhook.old_until and now < webhook.old_until:
        found.append(unseal(webhook.old_signing_secret, _purpose(webhook, "old")))
    return found


def scope(webhook: Webhook) -> list[int] | None:
    """Return the units a webhook tells of, or None once its owner may not have it any more. As the system."""
    if not webhook.owner.is_active:
        return None
    held = standing(webhook.owner_id)
    if webhook.unit_id not in {unit.id for unit in administered(held)}:
        return None
    return held.below(webhook.unit_id)


def tell_owner(webhook: Webhook, title: str, detail: str) -> None:
    """Give the owner a task, unless the same one is still open. As the system."""
    same = Work.objects.filter(owner_id=webhook.owner_id, title=title[:200], state="open")
    if webhook.owner.is_active and not same.exists():
        today = timezone.localdate()
        ask(title, owner_id=webhook.owner_id, unit_id=webhook.unit_id, due_on=today, detail=detail)


def _say(webhook: Webhook, said: Said) -> None:
    webhook.name, webhook.unit_id = said.name[:80], said.unit_id
    webhook.kinds, webhook.verbs = _in_order(said.kinds), _in_order(said.verbs)
    if said.url:
        webhook.host = (urlsplit(said.url).hostname or "")[:255]


def _in_order(words: Iterable[str]) -> list[str]:
    return sorted(set(words))


def _renew(webhook: Webhook) -> str:
    secret = rules.new_secret(os.urandom(32))
    webhook.signing_secret = seal(secret, _purpose(webhook, "secret"))
    return secret


def _must_own(held: Standing, webhook: Webhook) -> None:
    if webhook.owner_id != held.user_id:
        raise WebhookRefusedError(f"This webhook belongs to {webhook.owner.name}; only they change, test and start it.")


def _purpose(webhook: Webhook, what: str) -> str:
    """Bind what is sealed to its row and column."""
    return f"outbox.webhook.{webhook.pk}.{what}"
