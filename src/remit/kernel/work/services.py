"""Asking for work, deciding, the inbox, and what happens when work stays undone."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import date
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

from django.core.exceptions import PermissionDenied
from django.db import transaction
from django.db.models import Case, Q, QuerySet, When

from remit.kernel import actor
from remit.kernel.access.models import Grant, Unit
from remit.kernel.access.roles import ROLES, Level
from remit.kernel.access.standing import standing
from remit.kernel.lifecycle import MoveRefusedError, after
from remit.kernel.resources import Resource, of_kind
from remit.kernel.work import rules
from remit.kernel.work.calendar import Due, feed
from remit.kernel.work.models import Work

if TYPE_CHECKING:
    from remit.kernel.records import Record

DECISIONS = (Work.Type.APPROVAL,)


@dataclass(frozen=True)
class InboxLine:
    """One piece of work with the record it is about, where the person sees that record."""

    work: Work
    resource: Resource | None
    record: Record | None
    decision: bool


@dataclass(frozen=True)
class InboxGroup:
    """A part of the inbox: "overdue", "today", "week" or "later"."""

    name: str
    title: str
    lines: tuple[InboxLine, ...]


def ask(
    title: str,
    *,
    owner_id: int,
    due_on: date | None = None,
    record: Record | None = None,
    unit_id: int | None = None,
    type: str = Work.Type.TASK,
    detail: str = "",
    move: str = "",
    refuse_move: str = "",
) -> Work:
    """Give somebody a task, or with `move` a decision: approving takes that move on the record, refusing `refuse_move`.

    `record` is what it is about and lends its unit; without one, `unit_id` is needed. Who asks must see the record but
    need not be allowed to write work in its unit: then the system writes it down, and `asked_by` keeps who asked.
    PermissionDenied for a record they do not see, ValueError for moves it does not have.
    """
    where = record.unit_id if record else unit_id
    if where is None:
        raise ValueError("Work about no record needs a unit.")
    for name in filter(None, (move, refuse_move)):
        if record is None or name not in record.moves():
            raise ValueError(f"{record.kind() if record else 'Nothing'} has no move {name!r} to decide on.")
    asker = actor.actor().user_id
    work = Work(
        title=title[:200],
        detail=detail,
        due_on=due_on,
        owner_id=owner_id,
        type=Work.Type.APPROVAL if move else type,
        unit_id=where,
        restricted=bool(record and record.restricted),
        about_kind=record.kind() if record else "",
        about_id=record.pk if record else None,
        about_move=move,
        refuse_move=refuse_move,
        asked_by_id=asker,
    )
    with transaction.atomic():
        if asker is None or asker == owner_id or _writes_in(asker, where):
            work.save()
        else:
            if record is None or not record.__class__._default_manager.filter(pk=record.pk).exists():
                raise PermissionDenied
            with actor.system(f"asked by user {asker}"):
                work.save()
    return work


def about(record: Record) -> QuerySet[Work]:
    """Return the work about a record that the actor sees: what is open first, then the newest."""
    waits = Case(When(state="open", then=0), default=1)
    return (
        Work.objects.filter(about_kind=record.kind(), about_id=record.pk).select_related("owner").order_by(waits, "-id")
    )


def calendar(
    user_id: int, *, base: str, hidden: Callable[[Iterable[Work]], set[int]] = lambda works: set(), instead: str = ""
) -> str:
    """Return a person's open work with a due day as a calendar feed; `base` is the address of this Remit.

    Of the work whose keys `hidden` returns, the feed says `instead` and nothing else but the day.
    """
    rows = list(
        Work.objects.filter(owner_id=user_id, state="open", due_on__isnull=False).order_by("due_on", "id")[:1000]
    )
    host, address, kept = urlsplit(base).hostname or "remit", base.rstrip("/"), hidden(rows)
    dues = [
        Due(
            uid=f"{work.ref}@{host}",
            title=instead if work.pk in kept else work.title,
            due_on=work.due_on,
            changed_at=work.updated_at,
            version=work.version,
            detail="" if work.pk in kept else work.detail,
            url=f"{address}/work/{work.pk}/",
        )
        for work in rows
        if work.due_on
    ]
    return feed(dues, name="Remit: what is due")


def inbox(user_id: int, today: date, *, most: int = 200) -> tuple[InboxGroup, ...]:
    """Return what a person owes, in the parts that are not empty, decisions first in each; `most` lines by due day."""
    rows = (
        Work.objects.filter(owner_id=user_id, state="open")
        .select_related("unit", "owner", "asked_by")
        .order_by("due_on", "id")[:most]
    )
    parts: dict[str, list[InboxLine]] = defaultdict(list)
    for line in with_records(rows):
        parts[rules.bucket(line.work.due_on, today)].append(line)
    for lines in parts.values():
        lines.sort(key=lambda line: rules.urgency(line.decision, line.work.due_on))
    return tuple(InboxGroup(name, title, tuple(parts[name])) for name, title in rules.GROUPS if parts.get(name))


def with_records(rows: Iterable[Work]) -> list[InboxLine]:
    """Join work with the records it is about: one query for each kind of record, whatever the rows."""
    works = list(rows)
    wanted: dict[str, set[int]] = defaultdict(set)
    for work in works:
        if work.about_kind and work.about_id:
            wanted[work.about_kind].add(work.about_id)
    found: dict[tuple[str, int], tuple[Resource, Record]] = {}
    for kind, ids in wanted.items():
        if (resource := of_kind(kind)) is not None:
            found |= {
                (kind, record.pk): (resource, record)
                for record in resource.queryset(resource.columns[:2]).filter(pk__in=ids)
            }
    lines = []
    for work in works:
        resource, record = found.get((work.about_kind, work.about_id or 0), (None, None))
        lines.append(InboxLine(work, resource, record, work.type in DECISIONS))
    return lines


@after("kernel.work", "approve")
def take_move(work: Any) -> None:
    """Approving takes the move that was asked for, as the person who decides."""
    _take(work, work.about_move)


@after("kernel.work", "refuse")
def take_refusal(work: Any) -> None:
    _take(work, work.refuse_move)


def _take(work: Work, name: str) -> None:
    if not name:
        return
    resource = of_kind(work.about_kind)
    record: Record | None = resource.model._default_manager.filter(pk=work.about_id).first() if resource else None
    if record is None:
        raise MoveRefusedError("The record this is about is gone or not open to you, so it cannot be decided here.")
    decider, move = actor.actor().user_id, record.moves()[name]
    if decider is not None and not standing(decider).may_do("decide" if move.decision else "move", record):
        raise MoveRefusedError(f"Your roles do not let you take “{move.label}” on {record.ref}.")
    record.move(name, **({"reason": work.reason} if "reason" in move.asks else {}))


@transaction.atomic
def escalate(today: date) -> list[Work]:
    """Tell the head of the unit, by a task, of each piece of work overdue for more than three days; never twice.

    Runs as the system. Tasks made here are not escalated themselves.
    """
    raised = []
    with actor.system("overdue work"):
        late = (
            Work.objects.select_for_update(of=("self",))
            .filter(state="open", due_on__lt=today)
            .exclude(about_kind=Work.kind())
        )
        told = set(Work.objects.filter(about_kind=Work.kind()).values_list("about_id", flat=True))
        parents, heads = dict(Unit.objects.values_list("pk", "parent_id")), _heads(today)
        for work in late.select_related("owner").order_by("id"):
            if work.pk in told or not rules.late_enough(work.due_on, today):
                continue
            head = rules.head_for(work.unit_id, parents, heads, work.owner_id)
            if head is not None:
                who = work.owner.name if work.owner else "Nobody owns it"
                told_why = f"Due on {work.due_on:%-d %B %Y}. {who}."
                title = f"Overdue: {work.title}"
                raised.append(ask(title, owner_id=head, due_on=today, record=work, detail=told_why))
    return raised


def _heads(today: date) -> dict[int, int]:
    """Return the longest-serving active head of security of each unit that has one."""
    rows = Grant.objects.filter(role="head_of_security", user__is_active=True).filter(
        Q(expires_on=None) | Q(expires_on__gte=today)
    )
    return dict(rows.order_by("-pk").values_list("unit_id", "user_id"))


def _writes_in(user_id: int, unit_id: int) -> bool:
    return any(ROLES[role].level(Work.kind()) >= Level.EDIT for role in standing(user_id).in_unit(unit_id, Work.kind()))
