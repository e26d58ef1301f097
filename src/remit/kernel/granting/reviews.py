"""Access reviews: the grants of a unit as they stand on a day, and what is decided about each of them."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import UTC, date
from typing import Any

from django.db import connection, transaction
from django.db.models import Count, Max, Q, QuerySet
from django.utils import timezone

from remit.kernel import actor
from remit.kernel.access import managing, review_rules, rules
from remit.kernel.access.managing import AccessRefusedError, administered, allow, may_give
from remit.kernel.access.models import Grant, User
from remit.kernel.access.review_models import AccessReview, ReviewedGrant
from remit.kernel.access.review_rules import Decided, Summary
from remit.kernel.access.roles import ROLES
from remit.kernel.access.standing import Standing
from remit.kernel.granting import groups
from remit.kernel.work.models import Work

FROZEN = """
    insert into kernel_reviewedgrant (review_id, grant_id, person_id, person_name, person_email, group_id, group_name,
      role, privileged, unit_id, unit_name, engagement_title, granted_on, last_day, last_sign_in, unused_days,
      may_sign_in, decision, reason, decided_by_name)
    select %(review)s, given.id, person.id, coalesce(person.name, ''), coalesce(person.email, ''), circle.id,
      coalesce(circle.name, ''), given.role, given.role = any(%(privileged)s), unit.id, unit.name,
      coalesce(audit.title, ''), (given.created_at at time zone 'UTC')::date, till.last_day, person.last_login,
      %(today)s::date - (person.last_login at time zone 'UTC')::date, coalesce(person.is_active, false), '', '', ''
    from kernel_grant given
    join kernel_unit unit on unit.id = given.unit_id
    left join kernel_group circle on circle.id = given.group_id
    left join kernel_group_members member on member.group_id = given.group_id
    left join kernel_user person on person.id = coalesce(given.user_id, member.user_id)
    left join kernel_engagement audit on audit.id = given.engagement_id
    cross join lateral (
      select least(given.expires_on, audit.ends_on, (audit.ended_at at time zone 'UTC')::date - 1)) till(last_day)
    where given.unit_id = any(%(units)s::bigint[]) and (till.last_day is null or till.last_day >= %(today)s::date)
"""


def reviews(standing: Standing) -> QuerySet[AccessReview]:
    """Return the reviews of the units this person administers, the newest first, with how much of each is decided."""
    units = [unit.id for unit in administered(standing)]
    return (
        AccessReview.objects.filter(unit__in=units)
        .select_related("unit", "started_by", "finished_by")
        .annotate(
            total=Count("lines"),
            decided=Count("lines", filter=~Q(lines__decision="")),
            revoked=Count("lines", filter=Q(lines__decision="revoke")),
        )
    )


def due_units(standing: Standing, today: date) -> list[str]:
    """Name the topmost units this person administers whose grants nobody has begun to review for ninety days."""
    units = administered(standing)
    ids = {unit.id for unit in units}
    tops = [unit for unit in units if unit.parent_id not in ids]
    begun = dict(
        AccessReview.objects.filter(unit__in=[unit.id for unit in tops])
        .values_list("unit_id")
        .annotate(last=Max("started_at"))
    )
    last = {key: at.astimezone(UTC).date() for key, at in begun.items()}
    return [unit.name for unit in tops if rules.review_is_due(last.get(unit.id), today)]


@transaction.atomic
def start(standing: Standing, *, unit_id: int, due_on: date) -> AccessReview:
    """Begin a review: every grant in the unit and below that still holds is written down as it stands now."""
    allow("" if may_give(standing, unit_id) else "A review is begun for a unit that you administer.")
    if AccessReview.objects.filter(unit_id=unit_id, finished_at=None).exists():
        raise AccessRefusedError("A review of this unit is under way. Finish it before beginning another.")
    review = AccessReview.objects.create(unit_id=unit_id, due_on=due_on, started_by_id=standing.user_id)
    said: dict[str, Any] = {
        "review": review.pk,
        "privileged": [role.name for role in ROLES.values() if role.privileged],
        "units": standing.below(unit_id),
        "today": timezone.localdate(),
    }
    with connection.cursor() as cursor:
        cursor.execute(FROZEN, said)
    return review


def refusal(standing: Standing, line: ReviewedGrant) -> str:
    """Say why this person does not decide on this grant, or return ""."""
    return review_rules.decision_refusal(
        person_id=line.person_id,
        reviewer_id=standing.user_id,
        role=line.role,
        may_give=may_give(standing, line.unit_id),
    )


@transaction.atomic
def decide(standing: Standing, review: AccessReview, ids: Iterable[int], decision: str, reason: str) -> int:
    """Keep or revoke the chosen grants, all or none, for a stated reason; return how many.

    A revoked grant is taken back at once; one by a group takes the person out of the group. AccessRefusedError where
    the review is over, a grant is decided already, or is not this person's to decide on.
    """
    _open(review)
    if decision not in {"keep", "revoke"} or not reason.strip():
        raise AccessRefusedError("Say whether to keep or to revoke, and why.")
    lines = list(review.lines.filter(pk__in=list(ids)).select_for_update(of=("self",)).order_by("pk"))
    if not lines:
        raise AccessRefusedError("Choose at least one grant.")
    for line in lines:
        if line.decision:
            raise AccessRefusedError(f"{line}: decided already by {line.decided_by_name}.")
        if said := refusal(standing, line):
            raise AccessRefusedError(f"{line}: {said}")
    with actor.verb(decision):
        _write(standing, lines, decision, reason)
    if decision == "revoke":
        for line in lines:
            _take_back(standing, review, line, reason)
    return len(lines)


def _write(standing: Standing, lines: list[ReviewedGrant], decision: str, reason: str) -> None:
    by = User.objects.get(pk=standing.user_id)
    ReviewedGrant.objects.filter(pk__in=[line.pk for line in lines]).update(
        decision=decision,
        reason=reason.strip()[:300],
        decided_by=by,
        decided_by_name=by.name,
        decided_at=timezone.now(),
    )


def _take_back(standing: Standing, review: AccessReview, line: ReviewedGrant, reason: str) -> None:
    grant = Grant.objects.filter(pk=line.grant_id).select_related("user", "group", "unit", "engagement").first()
    if grant is None:  # taken back meanwhile: the decision stands
        return
    if grant.group is None or line.person is None:
        managing.revoke(standing, grant)
        return
    same = review.lines.filter(person=line.person, group_id=line.group_id)
    if same.filter(decision="keep").exists():
        raise AccessRefusedError(
            f"{line.person} was kept in another role by the same group. Take this role back from the group itself."
        )
    others = list(same.filter(decision=""))
    with actor.verb("revoke"):
        _write(standing, others, "revoke", f"Taken out of {line.group_name}: {reason}")
    if grant.group.members.filter(pk=line.person.pk).exists():
        groups.take_out(standing, grant.group, line.person)


@transaction.atomic
def finish(standing: Standing, review: AccessReview) -> Summary:
    """Close a review; only what the one who closes it may not decide, their own roles, may be left undecided."""
    _open(review)
    if may_give(standing, review.unit_id) != frozenset(ROLES):
        raise AccessRefusedError("A review is finished by a head of security of its unit.")
    waiting = [line for line in review.lines.filter(decision="") if not refusal(standing, line)]
    if waiting:
        raise AccessRefusedError(f"{len(waiting)} grants are not decided yet, such as: {waiting[0]}.")
    review.finished_by_id, review.finished_at = standing.user_id, timezone.now()
    with actor.verb("finish"):
        review.save(update_fields=["finished_by", "finished_at"])
    _close_work(review)
    return review_rules.summary(decided(review))


def decided(review: AccessReview) -> list[Decided]:
    """Return every line of a review as plain values."""
    return [
        Decided(
            line.person_name, line.person_email, ROLES[line.role].title, line.unit_name, line.group_name,
            line.engagement_title, line.privileged, line.granted_on, line.last_day, line.last_sign_in,
            line.unused_days, line.may_sign_in, line.decision, line.reason, line.decided_by_name, line.decided_at,
        )
        for line in review.lines.all()
    ]  # fmt: skip


def evidence(review: AccessReview) -> str:
    """Return a review as plain text to keep and to show."""
    facts = [
        ("Reference", review.ref),
        ("Unit", f"{review.unit.name}, and all below"),
        ("Begun", f"{review.started_at:%Y-%m-%d %H:%M} UTC by {review.started_by or 'the system'}"),
        ("Due", f"{review.due_on}"),
        (
            "Finished",
            f"{review.finished_at:%Y-%m-%d %H:%M} UTC by {review.finished_by}" if review.finished_at else "not yet",
        ),
    ]
    return review_rules.evidence(str(review), facts, decided(review))


def _open(review: AccessReview) -> None:
    held = AccessReview.objects.select_for_update(of=("self",)).filter(pk=review.pk, finished_at=None)
    if not held.exists():
        raise AccessRefusedError("This review is finished. Begin another one.")


def _close_work(review: AccessReview) -> None:
    with actor.system(f"access review {review.ref} is finished"):
        for work in Work.objects.filter(about_kind="kernel.accessreview", about_id=review.pk, state="open"):
            work.move("finish")
