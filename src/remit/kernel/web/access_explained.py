"""Pages that say who can do what, and why: the table of roles, and who sees one record or one type in a unit."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable
from itertools import groupby

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe

from remit.kernel.access.explaining import Cell, Kind, Subject, matrix
from remit.kernel.access.managing import administered
from remit.kernel.access.roles import MEANINGS, ROLES, VERBS, in_words
from remit.kernel.granting import facts
from remit.kernel.ledger.reading import note
from remit.kernel.records import Record
from remit.kernel.resources import resources
from remit.kernel.screens import Choice, Link
from remit.kernel.transfer.formulas import disarmed
from remit.kernel.web.access_views import TOP, administering
from remit.kernel.web.views import standing_of

MARKS = dict(zip(VERBS, "VXACBIDMENHLWGK", strict=True))
"""One letter for each verb, from its word."""
Rows = list[tuple[Kind, tuple[Cell, ...]]]


@require_safe
@administering
def roles(request: HttpRequest) -> HttpResponse:
    """Show what each role may do with each record type."""
    asked = {name: request.GET.get(name, "") for name in ("role", "kind", "verb")}
    rows = narrowed(asked)
    shown = [role for role in ROLES.values() if asked["role"] in {"", role.name}]
    context = {
        "areas": [(area, list(found)) for area, found in groupby(drawn(rows), key=lambda row: row[0].area)],
        "roles": shown,
        "filters": filters(asked),
        "filtered": any(asked.values()),
        "verbs": [(MARKS[verb], in_words([verb]), meaning) for verb, meaning in MEANINGS.items()],
        "query": request.GET.urlencode(),
        "crumbs": (TOP, Link("Roles", "")),
    }
    return render(request, "kernel/access_roles.html", context)


@require_safe
@administering
def roles_csv(request: HttpRequest) -> HttpResponse:
    """Give the table as CSV: a line for each record type and role, a column for each verb."""
    rows = narrowed({name: request.GET.get(name, "") for name in ("role", "kind", "verb")})
    lines = [
        (kind.area, kind.title, kind.kind, ROLES[cell.role].title, cell.role, *marked(cell))
        for kind, cells in rows
        for cell in cells
    ]
    note("export", "kernel.grant", text="The table of roles", count=len(lines))
    return csv_file("roles.csv", ("area", "record type", "kind", "role", "name", *VERBS), lines)


def marked(cell: Cell) -> list[str]:
    yes = "own" if cell.own else "yes"
    return [yes if verb in cell.verbs else "" for verb in VERBS]


def narrowed(asked: dict[str, str]) -> Rows:
    """Return the table as asked for; what is asked for and not there gives an empty one."""
    if asked["verb"] and asked["verb"] not in VERBS:
        return []
    return matrix(facts.kinds(), **asked) if asked["role"] in {"", *ROLES} else []


def drawn(rows: Rows) -> Iterable[tuple[Kind, list[tuple[str, list[str], str, bool]]]]:
    """Lay out each cell: its role, the marks of its verbs, the verbs in words, and whether only over one's own."""
    for kind, cells in rows:
        yield kind, [(ROLES[c.role].title, [MARKS[v] for v in c.verbs], in_words(c.verbs), c.own) for c in cells]


def filters(asked: dict[str, str]) -> list[tuple[str, str, list[Choice]]]:
    """Return the choices of each filter: its name, its label, and what may be chosen."""
    offered = {
        "role": ("Role", [(role.name, role.title) for role in ROLES.values()]),
        "kind": ("Record type", [(kind.kind, kind.title) for kind in facts.kinds()]),
        "verb": ("Verb", [(verb, f"{in_words([verb])}: {meaning}") for verb, meaning in MEANINGS.items()]),
    }
    return [
        (name, label, [Choice("", "All"), *(Choice(v, text, v == asked[name]) for v, text in choices)])
        for name, (label, choices) in offered.items()
    ]


@require_safe
@administering
def who(request: HttpRequest) -> HttpResponse:
    """Say who sees a record ("record=assets:12"), or any record of a type in a unit, and why."""
    standing = standing_of(request)
    units = administered(standing)
    record = asked_record(request)
    if record is not None and not any(unit.id == record.unit_id for unit in units):
        raise Http404
    kinds = facts.kinds()
    kind = record.kind() if record else request.GET.get("kind", "")
    unit = next(
        (u for u in units if str(u.id) == (str(record.unit_id) if record else request.GET.get("unit", ""))), None
    )
    found = None
    if unit is not None and any(each.kind == kind for each in kinds):
        subject = facts.subject_of(record) if record else Subject(kind, unit.id)
        found = facts.seers(standing, subject, record.pk if record else None)
    context = {
        "record": record,
        "seers": found,
        "unit": unit,
        "title": next((each.title for each in kinds if each.kind == kind), ""),
        "kinds": [Choice(each.kind, each.title, each.kind == kind) for each in kinds],
        "units": [Choice(str(u.id), f"{'– ' * u.depth}{u.name}", u == unit) for u in units],
        "lent": record is not None and bool(record.lent_by),
        "crumbs": (TOP, Link("Who can see", "")),
    }
    return render(request, "kernel/access_who.html", context)


def asked_record(request: HttpRequest) -> Record | None:
    """Return the record asked about, None where none is; one that the asker does not see is a missing page."""
    if not (asked := request.GET.get("record", "")):
        return None
    slug, _, key = asked.partition(":")
    resource = next((each for each in resources() if each.slug == slug), None)
    if resource is None or not (key.isascii() and key.isdigit() and len(key) < 19):
        raise Http404
    record = resource.queryset(("unit", "owner")).filter(pk=int(key)).first()
    if record is None or not standing_of(request).sees(resource.kind):
        raise Http404
    return record


def csv_file(name: str, heads: Iterable[str], lines: Iterable[Iterable[object]]) -> HttpResponse:
    """Return a table as a CSV file to keep, in UTF-8 with a mark, no cell of which a spreadsheet would run."""
    text = io.StringIO(newline="")
    writer = csv.writer(text)
    writer.writerow(heads)
    writer.writerows([disarmed("" if value is None else str(value)) for value in line] for line in lines)
    reply = HttpResponse("\ufeff" + text.getvalue(), content_type="text/csv; charset=utf-8")
    reply["Content-Disposition"] = f'attachment; filename="{name}"'
    reply["Cache-Control"] = "no-store"
    return reply
