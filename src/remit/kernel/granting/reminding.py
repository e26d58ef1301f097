"""What time does to grants: who gave one that ends soon is asked, and overdue reviews are brought to the heads."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date

from django.db import transaction
from django.db.models import Count, Q

from remit.kernel import actor
from remit.kernel.access import rules
from remit.kernel.access.models import Engagement, Grant, Unit
from remit.kernel.access.review_models import AccessReview
from remit.kernel.access.roles import ROLES
from remit.kernel.work.models import Work
from remit.kernel.work.rules import head_for
from remit.kernel.work.services import ask

GRANT, ENGAGEMENT, REVIEW = "kernel.grant", "kernel.engagement", "kernel.accessreview"


@dataclass(frozen=True)
class Reminder:
    """A task to be asked for: about which thing, of whom, until when; the same is never asked twice."""

    kind: str
    key: int
    due_on: date
    owner_id: int
    unit_id: int
    title: str
    detail: str


@transaction.atomic
def remind(today: date) -> list[Work]:
    """Ask for what ends within a week and for reviews that are overdue; close what has been seen to. As the system."""
    with actor.system("reminders of access"):
        wanted = [*_grants(today), *_engagements(today), *_reviews(today)]
        _close(wanted)
        asked = Work.objects.filter(about_kind__in=(GRANT, ENGAGEMENT, REVIEW))
        known = set(asked.values_list("about_kind", "about_id", "due_on", "owner_id"))
        return [_ask(each) for each in wanted if (each.kind, each.key, each.due_on, each.owner_id) not in known]


def _ask(said: Reminder) -> Work:
    work = ask(said.title, owner_id=said.owner_id, unit_id=said.unit_id, due_on=said.due_on, detail=said.detail)
    work.about_kind, work.about_id = said.kind, said.key
    work.save(update_fields=["about_kind", "about_id"])
    return work


def _close(wanted: Iterable[Reminder]) -> None:
    """Finish reminders of what was extended, ended or finished since."""
    still = {(each.kind, each.key, each.due_on) for each in wanted}
    for work in Work.objects.filter(about_kind__in=(GRANT, ENGAGEMENT, REVIEW), state="open"):
        if (work.about_kind, work.about_id, work.due_on) not in still:
            work.move("finish")


def _grants(today: date) -> Iterable[Reminder]:
    """Grants with a last day of their own; an auditor's that ends with the engagement is the engagement's matter."""
    rows = Grant.objects.filter(expires_on__gte=today, expires_on__lte=today + rules.WARNING)
    askers = Askers(today)
    for grant in rows.select_related("user", "group", "unit", "engagement").order_by("pk"):
        owner = askers.of(grant.unit_id, grant.created_by_id)
        if owner is None or grant.expires_on is None or grant.last_day != grant.expires_on:
            continue
        role, day = ROLES[grant.role].title.lower(), f"{grant.expires_on:%-d %B %Y}"
        place = f"people/{grant.user_id}" if grant.user_id else f"groups/{grant.group_id}"
        yield Reminder(
            GRANT, grant.pk, grant.expires_on, owner, grant.unit_id,
            f"{grant.user or grant.group} is {role} of {grant.unit} until {day}: does it go on?",
            f"Open /access/{place}/ and give the role again with a later last day, or let it end.",
        )  # fmt: skip


def _engagements(today: date) -> Iterable[Reminder]:
    rows = Engagement.objects.filter(ended_at=None, ends_on__gte=today, ends_on__lte=today + rules.WARNING)
    askers = Askers(today)
    for audit in rows.select_related("unit").order_by("pk"):
        if (owner := askers.of(audit.unit_id, audit.created_by_id)) is not None:
            yield Reminder(
                ENGAGEMENT, audit.pk, audit.ends_on, owner, audit.unit_id,
                f"The engagement {audit} ends on {audit.ends_on:%-d %B %Y}: does it go on?",
                f"Open /access/engagements/{audit.pk}/ and extend it, or let it end.",
            )  # fmt: skip


def _reviews(today: date) -> Iterable[Reminder]:
    """Overdue reviews with undecided grants: who began it is asked, and the head of the unit."""
    askers = Askers(today)
    rows = AccessReview.objects.filter(finished_at=None, due_on__lt=today).select_related("unit").order_by("pk")
    for review in rows.annotate(waiting=Count("lines", filter=Q(lines__decision=""))):
        owners = {askers.of(review.unit_id, review.started_by_id), askers.of(review.unit_id, None)} - {None}
        for owner in sorted(owner for owner in owners if owner):
            yield Reminder(
                REVIEW, review.pk, review.due_on, owner, review.unit_id,
                f"{review} is overdue: {review.waiting} grants are not decided",
                f"It was due on {review.due_on:%-d %B %Y}. Open /access/reviews/{review.pk}/ and decide, or finish it.",
            )  # fmt: skip


class Askers:
    """Who is asked: whoever gave it, while they may sign in and still administer; else the nearest head of security."""

    def __init__(self, today: date) -> None:
        self.parents = dict(Unit.objects.values_list("pk", "parent_id"))
        holds = Q(expires_on=None) | Q(expires_on__gte=today)
        administering = [role.name for role in ROLES.values() if role.administers]
        rows = Grant.objects.filter(holds, role__in=administering, user__is_active=True).order_by("-pk")
        self.administering = set(rows.values_list("user_id", flat=True))
        self.heads = dict(rows.filter(role="head_of_security").values_list("unit_id", "user_id"))

    def of(self, unit_id: int, giver_id: int | None) -> int | None:
        if giver_id is not None and giver_id in self.administering:
            return giver_id
        return head_for(unit_id, self.parents, self.heads, None)
