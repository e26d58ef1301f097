"""What people are told by mail about what they owe and own: collected as they themselves, at the hour they chose."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from django.conf import settings
from django.core import signing
from django.db import transaction
from django.utils import timezone

from remit.kernel import actor
from remit.kernel.access.models import User
from remit.kernel.outbox import rules
from remit.kernel.outbox.mail import Content, composer, configured, queue_many
from remit.kernel.outbox.models import Preference
from remit.kernel.resources import of_kind, resources
from remit.kernel.work.models import Work

RESTRICTED = "A restricted record"
SHOWN = 25
"""Lines of one part; how many more there are is said below them."""
LOOKED_AT = 500
SOON = timedelta(days=7)
_SALT = "remit.unsubscribe"


@dataclass(frozen=True)
class Line:
    text: str
    note: str
    url: str


@dataclass(frozen=True)
class Part:
    """A part of a digest; `more` says how many lines are not shown."""

    name: str
    title: str
    lines: tuple[Line, ...]
    more: int

    @property
    def count(self) -> int:
        return len(self.lines) + self.more


def preference(user_id: int) -> Preference:
    """Return what a person wants, or what is usual; not stored by this."""
    return Preference.objects.filter(user=user_id).first() or Preference(user_id=user_id)


def queue_due(now: datetime) -> int:
    """Ask for the digest of everybody whose hour has come, once each, and return for how many. As the system."""
    if not configured():
        return 0
    chosen = {p.user_id: p for p in Preference.objects.all()}
    asked: list[tuple[str, int | None, str, dict[str, Any]]] = []
    for key, zone, joined in User.objects.filter(is_active=True).values_list("pk", "time_zone", "joined_at"):
        wanted = chosen.get(key) or Preference(user_id=key, changed_at=joined)
        slot = rules.last_slot(wanted.digest, wanted.weekday, wanted.hour, zone or "UTC", now)
        if slot is not None and rules.digest_due(slot, wanted.changed_at, now):
            since = rules.covered(wanted.digest, slot)
            asked.append((f"digest:{key}:{slot:%Y-%m-%dT%H%MZ}", key, "", {"since": since.isoformat()}))
    queue_many("digest", asked)
    return len(asked)


@composer("digest")
def digest(user_id: int | None, arguments: dict[str, Any], asked_at: datetime) -> Content | None:
    """Make a person's digest, acting as them; None when there is nothing in it."""
    person = User.objects.filter(pk=user_id or 0).first()
    if person is None:
        return None
    wanted = preference(person.pk)
    if wanted.digest == "off":
        return None
    since, zone = datetime.fromisoformat(arguments["since"]), ZoneInfo(person.time_zone or "UTC")
    parts = collect(person.pk, timezone.now().astimezone(zone).date(), since, wanted.parts)
    if not parts:
        return None
    told = ", ".join(f"{part.count} {HEADLINES[part.name]}" for part in parts)
    return Content(f"Remit: {told}", "digest", {"parts": parts}, unsubscribe_url(person.pk, "digest"))


HEADLINES = {"decisions": "to decide", "overdue": "overdue", "soon": "due soon", "new": "new", "changed": "changed"}


def collect(user_id: int, today: date, since: datetime, wanted: Iterable[str]) -> tuple[Part, ...]:
    """Return the parts of a person's digest that are wanted and not empty. Acting as them."""
    open_work = Work.objects.filter(owner_id=user_id, state="open").order_by("due_on", "id")[:LOOKED_AT]
    sorted_in: dict[str, list[Work]] = defaultdict(list)
    kept = set(wanted)
    for work in open_work:
        if name := next((n for n in _parts_of(work, today, since) if n in kept), ""):
            sorted_in[name].append(work)
    hidden = restricted_work(open_work)
    found = [
        _part(name, [_work_line(w, w.pk in hidden) for w in sorted_in[name]])
        for name in rules.PARTS
        if sorted_in.get(name)
    ]
    if "changed" in kept and (lines := _changed(user_id, since)):
        found.append(_part("changed", lines))
    return tuple(found)


def _parts_of(work: Work, today: date, since: datetime) -> Iterable[str]:
    if work.type == Work.Type.APPROVAL:
        yield "decisions"
    if work.due_on is not None and work.due_on < today:
        yield "overdue"
    if work.due_on is not None and today <= work.due_on <= today + SOON:
        yield "soon"
    if work.created_at >= since:
        yield "new"


def restricted_work(works: Iterable[Work]) -> set[int]:
    """Return which of these are restricted, or are about a record that is: mail and calendars do not tell their titles.

    One query for each kind of record they are about.
    """
    about: dict[str, set[int]] = defaultdict(set)
    for work in works:
        if work.about_id is not None:
            about[work.about_kind].add(work.about_id)
    hidden: set[tuple[str, int]] = set()
    with actor.system("which records are restricted"), transaction.atomic():
        for kind, ids in about.items():
            resource = of_kind(kind)
            rows = resource.model._default_manager.filter(pk__in=ids, restricted=True) if resource else ()
            hidden |= {(kind, record.pk) for record in rows}
    return {w.pk for w in works if w.restricted or (w.about_kind, w.about_id or 0) in hidden}


def _work_line(work: Work, hidden: bool) -> Line:
    due = f"due {work.due_on:%-d %B %Y}" if work.due_on else "no due day"
    return Line(RESTRICTED if hidden else work.title, f"{work.ref}, {due}", f"{settings.ADDRESS}/work/{work.pk}/")


def _changed(user_id: int, since: datetime) -> list[Line]:
    """Return the person's own records that changed and are not new; one query for each type."""
    lines = []
    for resource in resources():
        if resource.kind == Work.kind():
            continue
        rows = resource.queryset(resource.columns[:2]).filter(owner_id=user_id, updated_at__gte=since)
        for record in rows.exclude(created_at__gte=since).order_by("-updated_at", "-pk")[:SHOWN]:
            title = RESTRICTED if record.restricted else str(record)
            lines.append(
                Line(title, f"{resource.singular} {record.ref}", f"{settings.ADDRESS}/{resource.slug}/{record.pk}/")
            )
    return lines


def _part(name: str, lines: Sequence[Line]) -> Part:
    return Part(name, rules.PARTS[name], tuple(lines[:SHOWN]), max(0, len(lines) - SHOWN))


def tell_of_decisions(work_ids: Sequence[int]) -> None:
    """Ask for a mail to whoever is newly asked to decide and wants to know at once. As the system."""
    if not work_ids or not configured():
        return
    asked = Work.objects.filter(pk__in=work_ids, type=Work.Type.APPROVAL, state="open", owner__is_active=True)
    unwanted = set(Preference.objects.filter(decisions_at_once=False).values_list("user", flat=True))
    mails = [
        (f"decision:{key}:{owner}", owner, "", {"work": key})
        for key, owner in asked.values_list("pk", "owner")
        if owner not in unwanted
    ]
    queue_many("decision", [(key, owner, address, said) for key, owner, address, said in mails])


@composer("decision")
def decision(user_id: int | None, arguments: dict[str, Any], asked_at: datetime) -> Content | None:
    """Make the mail about one decision, acting as who is asked; None once it is taken or is somebody else's."""
    work = Work.objects.filter(pk=arguments["work"], owner=user_id, state="open").select_related("asked_by").first()
    if work is None or user_id is None or not preference(user_id).decisions_at_once:
        return None
    line = _work_line(work, bool(restricted_work([work])))
    by = work.asked_by.name if work.asked_by else "Remit"
    subject = "Remit: a decision waits for you"
    return Content(subject, "decision", {"line": line, "by": by}, unsubscribe_url(user_id, "decisions"))


def unsubscribe_url(user_id: int, what: str) -> str:
    """Return the address that ends a person's mails of one kind ("digest" or "decisions") without signing in."""
    token = signing.dumps({"user": user_id, "what": what}, salt=_SALT)
    return f"{settings.ADDRESS}/unsubscribe/{token}/"


def unsubscribing(token: str) -> tuple[User, str] | None:
    """Return whom a token stands for and what it ends; None for a forged one, or one of who may not sign in."""
    try:
        said = signing.loads(token, salt=_SALT)
    except signing.BadSignature:
        return None
    user = User.objects.filter(pk=said.get("user"), is_active=True).first()
    return (user, said["what"]) if user is not None else None


def unsubscribe(user: User, what: str) -> None:
    """End the mails of one kind; acting as the person, so that the ledger shows it as theirs."""
    with actor.acting(user.pk), transaction.atomic():
        changes = {"digest": "off"} if what == "digest" else {"decisions_at_once": False}
        Preference.objects.update_or_create(user=user, defaults=changes)
