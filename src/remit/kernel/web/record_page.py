"""The page of one record of any type: facts, moves, related records, work, evidence, comments, links, history."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date, datetime
from typing import Any

from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import Q
from django.http import HttpRequest, QueryDict
from django.utils.timezone import localdate

from remit.kernel.access import break_glass, need_to_know
from remit.kernel.access.managing import administers
from remit.kernel.access.models import User
from remit.kernel.access.standing import Standing
from remit.kernel.attachments import services as attachments
from remit.kernel.attachments.holds import holds_of
from remit.kernel.histories import history_in_sight
from remit.kernel.ledger.reading import Entry
from remit.kernel.lifecycle import Move, words
from remit.kernel.listing import Listing
from remit.kernel.records import Record
from remit.kernel.resources import Resource, of_kind
from remit.kernel.screens import (
    Cell,
    Change,
    CommentLine,
    Fact,
    History,
    HistoryLine,
    Knower,
    Knowing,
    Link,
    LinkLine,
    MoveButton,
    Reason,
    RecordScreen,
    Related,
    WorkLine,
)
from remit.kernel.transfer.shaping import Named
from remit.kernel.web.cells import DUE_FIELDS, cell, date_cell, due_cell, state_cell
from remit.kernel.web.deeds import told
from remit.kernel.web.evidence_lines import evidence_line, hold_badges, hold_moves, hold_words, moment
from remit.kernel.web.forms import asked_field
from remit.kernel.web.lists import columns, crumbs, is_open, rows
from remit.kernel.work import services as work

RELATED_ROWS = 8
HISTORY_ROWS = 12
QUIET = {"id", "version", "updated_at", "fingerprint", "created_at"}


def record_screen(request: HttpRequest, resource: Resource, record: Record) -> RecordScreen:
    """Build the page of a record the actor sees."""
    standing: Standing = request.standing  # type: ignore[attr-defined]
    base = record.get_absolute_url()
    facts, texts = facts_of(record, resource)

    def may(verb: str) -> bool:
        return standing.may_do(verb, record)

    holds = tuple(holds_of(record))
    reasons = tuple(Reason(r.label, r.value, r.weight, r.sentence) for r in getattr(record, "reasons", lambda: ())())
    return RecordScreen(
        slug=resource.slug,
        ref=record.ref,
        title=str(record),
        crumbs=(*crumbs(resource), Link(record.ref, base)),
        badges=(*badges(record, resource), *hold_badges(holds)),
        note=note_of(record),
        moves=tuple(move_buttons(record, standing)),
        edit_url=f"{base}edit/" if resource.fields and may("change") else "",
        delete_url=f"{base}delete/" if may("delete") else "",
        who_url=f"/access/who/?record={resource.slug}:{record.pk}" if administers(standing, record.unit_id) else "",
        facts=facts,
        texts=texts,
        reasons=reasons,
        reasons_title="Why this priority" if reasons else "",
        related=tuple(related(record, resource, standing)),
        work=tuple(work_line(w) for w in work.about(record)),
        evidence=tuple(evidence_line(e, holds) for e in attachments.evidence_of(record)),
        comments=tuple(comment_line(c) for c in attachments.comments_of(record)),
        links=tuple(
            LinkLine(
                tie.words,
                tie.record.ref,
                str(tie.record),
                tie.record.get_absolute_url(),
                f"{base}unlink/{tie.id}/" if may("link") else "",
            )
            for tie in attachments.links_of(record)
        ),
        history=history_of(record, resource),
        comment_url=f"{base}comment/" if may("comment") else "",
        evidence_url=f"{base}evidence/" if may("attach") else "",
        link_url=f"{base}link/" if may("link") else "",
        work_url=f"{base}work/" if may("work") else "",
        lookup_url="/lookup/",
        version=record.version,
        hold_note=next((hold_words(h) for h in holds if h.evidence_id is None), ""),
        hold_moves=hold_moves(base, record.ref, any(h.evidence_id is None for h in holds)) if may("hold") else (),
        knowing=knowing(record, standing) if record.restricted else None,
        restrict_url=f"{base}restrict/" if _restricts(record, standing) else "",
    )


def _restricts(record: Record, standing: Standing) -> bool:
    own = need_to_know.own_restriction(type(record))
    return own and not record.restricted and need_to_know.keeps(standing, record)


def knowing(record: Record, standing: Standing) -> Knowing:
    """Lay out who needs to know a restricted record, and how to change that for who may."""
    base = record.get_absolute_url()
    own = need_to_know.own_restriction(type(record))
    may = own and need_to_know.keeps(standing, record)
    knowers = [Knower(record.owner.name, "Owns it")] if record.owner else []
    for leave in need_to_know.leaves(record):
        by = "" if leave.broken_glass or leave.given_by is None else f" · by {leave.given_by.name}"
        until = f" · until {moment(leave.until)}" if leave.until else ""
        url = f"{base}need-to-know/{leave.pk}/take-back/" if may else ""
        knowers.append(Knower(leave.user.name, f"{leave.reason}{by}{until}", url, leave.broken_glass))
    broken = break_glass.broken_by(record, standing.user_id)
    return Knowing(
        tuple(knowers),
        f"{base}need-to-know/" if may else "",
        f"{base}need-to-know/people/",
        f"{base}release/" if may else "",
        f"until {moment(broken.until)}" if broken and broken.until else "",
    )


def badges(record: Record, resource: Resource) -> Iterable[Cell]:
    if (field := resource.field("level")) is not None and field.choices:
        yield cell(record, "level", resource)
    if record.lifecycle():
        yield state_cell(record)
    if record.restricted:
        yield Cell("state", "Restricted", tone="act", title="Seen by the owner and those who need to know.")


def note_of(record: Record) -> str:
    parts = []
    due = getattr(record, "due_on", None) or getattr(record, "expires_on", None)
    if due:
        said = due_cell(due, localdate(), is_open(record)).text
        parts.append(said if "overdue" in said else f"due {said}")
    parts.append(str(record.unit))
    parts.append(record.owner.name if record.owner else "no owner yet")
    return " · ".join(parts)


def facts_of(record: Record, resource: Resource) -> tuple[tuple[Fact, ...], tuple[Fact, ...]]:
    """Return the short facts, and the long texts that get a card of their own."""
    facts, texts = [], []
    for name in resource.fact_names:
        field = resource.field(name)
        shown = (
            due_cell(getattr(record, name), localdate(), is_open(record))
            if name in DUE_FIELDS
            else cell(record, name, resource)
        )
        fact = Fact(
            resource.label(name),
            shown,
            str(field.help_text) if field is not None else "",
            isinstance(field, ArrayField),
        )
        if isinstance(field, models.TextField):
            if getattr(record, name):
                texts.append(fact)
        else:
            facts.append(fact)
    return tuple(facts), tuple(texts)


def move_buttons(record: Record, standing: Standing) -> Iterable[MoveButton]:
    """Yield a button for each move from the present state that this person's roles allow; refused ones say why."""
    first = True
    resource = of_kind(record.kind())
    for move in record.moves().values():
        if move.system or record.state not in move.sources or not may_move(record, move, standing):
            continue
        refusal = record.refusal(move.name)
        main = first and not move.danger and not refusal
        first = first and not main
        yield MoveButton(
            move.name,
            move.label,
            f"{record.get_absolute_url()}move/{move.name}/",
            main,
            move.danger,
            refusal,
            f"{move.label} {record.ref}?" if move.danger else "",
            tuple(asked_field(resource, name, f"{record.ref}-{move.name}-") for name in move.asks) if resource else (),
        )


def may_move(record: Record, move: Move, standing: Standing) -> bool:
    return standing.may_do("decide" if move.decision else "move", record)


def related(record: Record, resource: Resource, standing: Standing) -> Iterable[Related]:
    """Yield the first rows of each reverse relation the resource names, as the other type's list shows them."""
    for name in resource.related:
        relation: Any = record._meta.get_field(name)
        other = of_kind(relation.related_model._meta.label_lower)
        if other is None or not standing.sees(other.kind):
            continue
        field = relation.field.name
        listing = Listing(other, QueryDict(), only=Q(**{field: record.pk}))
        found, more = listing.page(1, RELATED_ROWS)
        shown = tuple(c for c in other.columns if c != field)[:7]
        url = f"/{other.slug}/?{field}={record.pk}" if field in other.filters else ""
        count = f"{len(found)}" if not more else f"first {RELATED_ROWS}"
        heads = tuple(c for c in columns(listing, url or f"/{other.slug}/") if c.name in shown)
        add = f"/{other.slug}/new/?{field}={record.pk}" if other.by_hand and standing.may("add", other.kind) else ""
        title = other.title if name not in {"dependants"} else "Dependants"
        yield Related(title, count, url, heads, tuple(rows(found, other, shown)), add)


def work_line(item: Any) -> WorkLine:
    return WorkLine(
        item.get_type_display(),
        item.title,
        item.get_absolute_url(),
        item.owner.name if item.owner else "nobody yet",
        due_cell(item.due_on, localdate(), item.state == "open"),
        state_cell(item),
    )


def comment_line(comment: Any) -> CommentLine:
    return CommentLine(
        str(comment.by or "system"), comment.by.initials if comment.by else "·", moment(comment.at), comment.text
    )


def history_of(record: Record, resource: Resource, before: int | None = None) -> History:
    """Return one page of the record's ledger entries, newest first."""
    entries, called = history_in_sight(resource, record.pk, before=before, most=HISTORY_ROWS + 1)
    shown = entries[:HISTORY_ROWS]
    names = dict(User.objects.filter(pk__in={e.actor_id for e in shown if e.actor_id}).values_list("pk", "name"))
    lines = tuple(
        HistoryLine(
            moment(e.at),
            e.at.isoformat(timespec="seconds"),
            names.get(e.actor_id or 0, "") or f"Remit ({e.system})",
            told(e.verb, e.note),
            e.id,
            tuple(changes_of(e, resource, called)),
            "not sealed yet" if e.position is None else f"sealed at {e.position}",
        )
        for e in shown
    )
    older = f"{record.get_absolute_url()}history/?before={shown[-1].id}" if len(entries) > HISTORY_ROWS else ""
    proof = f"{record.get_absolute_url()}proof/" if any(e.position is not None for e in shown) else ""
    return History(lines, older, proof)


def changes_of(entry: Entry, resource: Resource, called: Named) -> Iterable[Change]:
    """Yield what an entry changed, in the words of the page; a creation is told by its verb alone."""
    change = entry.change or {}
    if "before" not in change or "after" not in change:
        return
    for column, after in change["after"].items():
        if column in QUIET:
            continue
        field = next((f for f in resource.model._meta.concrete_fields if f.column == column), None)
        label = resource.label(field.name) if field is not None else words(column)
        yield Change(label, said(change["before"].get(column), field, called), said(after, field, called))


def said(value: Any, field: models.Field[Any, Any] | None, called: Named) -> str:
    """Print a ledger value for a person; `called` names what relations lead to."""
    if value in (None, "", []):
        return "–"
    if field is not None and field.choices:
        return str(dict(field.flatchoices).get(value, value))
    if isinstance(field, models.DateTimeField) and isinstance(value, str):
        return moment(datetime.fromisoformat(value))
    if isinstance(field, models.DateField) and isinstance(value, str):
        return date_cell(date.fromisoformat(value)).text
    if isinstance(field, models.ForeignKey):
        return str(called[field.related_model._meta.label_lower, value]["name"])
    if isinstance(value, dict):
        return "…"  # a structure has a page of its own that says it in words
    if isinstance(value, list):
        return ", ".join(map(str, value))
    if isinstance(value, bool):
        return "yes" if value else "no"
    text = str(value)
    return text if len(text) <= 200 else f"{text[:200]}…"
