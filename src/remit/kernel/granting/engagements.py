"""Audit engagements: making, changing and ending them, by who may give the role of auditor in their unit."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date

from django.db import models, transaction
from django.db.models import Q, QuerySet
from django.utils import timezone

from remit.kernel import actor
from remit.kernel.access import rules
from remit.kernel.access.managing import OWN, AccessRefusedError, administered, allow, may_give
from remit.kernel.access.models import Engagement, Grant
from remit.kernel.access.standing import Standing
from remit.kernel.records import Record
from remit.kernel.resources import of_kind, resources


def engagements(standing: Standing) -> QuerySet[Engagement]:
    """Return the engagements in the units this person administers, those that run first."""
    units = [unit.id for unit in administered(standing)]
    return Engagement.objects.filter(unit__in=units).select_related("unit").order_by("-ends_on", "title")


def refusal(standing: Standing, unit_id: int, engagement: Engagement | None = None) -> str:
    """Say why an engagement in this unit is not this person's to make, change or end, or return ""."""
    if rules.AUDITOR not in may_give(standing, unit_id):
        return "An engagement is made, changed and ended by a head of security of its unit."
    if engagement is not None and _audits(standing.user_id, engagement):
        return OWN
    return ""


@transaction.atomic
def make(
    standing: Standing,
    *,
    title: str,
    firm: str,
    contact: str,
    unit_id: int,
    kinds: Iterable[str],
    starts_on: date,
    ends_on: date,
) -> Engagement:
    """Make an engagement; the record types that those in scope cannot be read without are in scope too."""
    allow(refusal(standing, unit_id))
    allow(days_refusal(starts_on, ends_on))
    if Engagement.objects.filter(unit_id=unit_id, title=title).exists():
        raise AccessRefusedError("This unit has an engagement of that title. Choose a different one.")
    return Engagement.objects.create(
        title=title,
        firm=firm,
        contact=contact,
        unit_id=unit_id,
        kinds=scope(kinds),
        starts_on=starts_on,
        ends_on=ends_on,
        created_by_id=standing.user_id,
    )


@transaction.atomic
def change(
    standing: Standing, engagement: Engagement, *, firm: str, contact: str, kinds: Iterable[str], ends_on: date
) -> None:
    """Extend or shorten an engagement, or change what it reads; one that was ended runs again with a new last day."""
    allow(refusal(standing, engagement.unit_id, engagement))
    allow(days_refusal(engagement.starts_on, ends_on))
    if ends_on < timezone.localdate():
        raise AccessRefusedError("This day is past. Choose today or later, or end the engagement.")
    engagement.firm, engagement.contact = firm, contact
    engagement.kinds, engagement.ends_on, engagement.ended_at = scope(kinds), ends_on, None
    engagement.save(update_fields=["firm", "contact", "kinds", "ends_on", "ended_at"])


@transaction.atomic
def end(standing: Standing, engagement: Engagement) -> None:
    """End an engagement now: its auditors reach nothing by it from their next request on."""
    allow(refusal(standing, engagement.unit_id, engagement))
    if engagement.is_over(timezone.localdate()):
        raise AccessRefusedError("This engagement has ended already.")
    engagement.ended_at = timezone.now()
    with actor.verb("end"):
        engagement.save(update_fields=["ended_at"])


def days_refusal(starts_on: date, ends_on: date) -> str:
    return "" if starts_on <= ends_on else "The last day is before the first. Choose a later one."


def scope(kinds: Iterable[str]) -> list[str]:
    """Return the record types of an engagement with those they name by necessity; ValueError for an unknown one."""
    chosen = list(kinds)
    if unknown := [kind for kind in chosen if of_kind(kind) is None]:
        raise ValueError(f"There is no record type {unknown[0]!r}.")
    return rules.with_needed(chosen, {resource.kind: needed(resource.model) for resource in resources()})


def needed(model: type[Record]) -> list[str]:
    """Return the record types without which a record of this one cannot be shown."""
    return [
        field.related_model.kind()
        for field in model._meta.concrete_fields
        if isinstance(field, models.ForeignKey) and not field.null and issubclass(field.related_model, Record)
    ]


def _audits(user_id: int, engagement: Engagement) -> bool:
    mine = Q(user=user_id) | Q(group__members=user_id)
    return Grant.objects.filter(mine, engagement=engagement).exists()
