"""Exports, imports with their dry run, and changes of many records: the same three screens for every record type."""

from __future__ import annotations

import csv
import hashlib
from collections.abc import Iterable
from typing import Any

from django.contrib import messages
from django.core.exceptions import PermissionDenied, ValidationError
from django.http import FileResponse, HttpRequest, HttpResponse, QueryDict
from django.shortcuts import redirect, render
from django.utils.timezone import localdate
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from remit.kernel.access.standing import Standing
from remit.kernel.editing import Edit
from remit.kernel.listing import Listing
from remit.kernel.records import Record
from remit.kernel.rejected import ImportRejected
from remit.kernel.resources import Resource
from remit.kernel.screens import FormField, Link
from remit.kernel.transfer import bulk as many
from remit.kernel.transfer import uploads
from remit.kernel.transfer.exporting import CONTENT_TYPES, TooManyRowsError, exported, table_columns
from remit.kernel.transfer.importing import Plan, PlanRefusedError, apply, make_plan
from remit.kernel.transfer.tables import read_table
from remit.kernel.web.forms import field_of
from remit.kernel.web.lists import crumbs
from remit.kernel.web.once import once
from remit.kernel.web.shell import scope

PREVIEWED = 500
SAMPLE = 8
OUTCOMES = (("good", "new"), ("attend", "changed"), ("soft", "same"), ("act", "wrong"))


def _standing(request: HttpRequest, verb: str, resource: Resource) -> Standing:
    """Return the person's standing, or refuse whoever has this verb over this type nowhere."""
    standing: Standing = request.standing  # type: ignore[attr-defined]
    if not standing.may(verb, resource.kind):
        raise PermissionDenied
    return standing


def _back(resource: Resource) -> str:
    return f"/{resource.slug}/"


@require_safe
def export(request: HttpRequest, resource: Resource, format: str) -> Any:
    """Send what the list shows, with its filter, order and columns, as a file."""
    _standing(request, "export", resource)
    if format not in CONTENT_TYPES:
        messages.error(request, f"There is no export as “{format[:20]}”; choose {', '.join(CONTENT_TYPES)}.")
        return redirect(_back(resource))
    try:
        file, _ = exported(Listing(resource, request.GET, scope(request)), format)
    except (TooManyRowsError, ValueError) as error:
        messages.error(request, str(error))
        return redirect(_back(resource))
    name = f"{resource.slug}-{localdate():%Y-%m-%d}.{format}"
    return FileResponse(file, as_attachment=True, filename=name, content_type=CONTENT_TYPES[format])


@require_http_methods(["GET", "HEAD", "POST"])
@once
def import_records(request: HttpRequest, resource: Resource) -> HttpResponse:
    """Take a table in two steps: check it and show what it would do, then do that."""
    standing = _standing(request, "import", resource)
    if not resource.form_fields:
        raise PermissionDenied
    if request.method != "POST":
        return _empty_table(resource) if "template" in request.GET else _import_page(request, resource)
    if token := request.POST.get("token", ""):
        return _apply_import(request, resource, standing, token)
    given = request.FILES.get("file")
    if given is None:
        return _import_page(request, resource, "Choose a file first.")
    try:
        word = uploads.keep(standing.user_id, given)
        return _import_page(request, resource, plan=_plan(resource, standing, word), word=word)
    except ImportRejected as refused:
        return _import_page(request, resource, f"{refused.where[:1].upper()}{refused.where[1:]}: {refused.hint}")


def _plan(resource: Resource, standing: Standing, word: str) -> Plan:
    try:
        with uploads.kept(standing.user_id, word) as file:
            return make_plan(resource, standing, read_table(file))
    except ImportRejected:
        uploads.forget(standing.user_id, word)
        raise


def _apply_import(request: HttpRequest, resource: Resource, standing: Standing, token: str) -> HttpResponse:
    word, _, shown = token.partition(":")
    try:
        plan = _plan(resource, standing, word)
    except ImportRejected as refused:
        return _import_page(request, resource, refused.hint)
    try:
        done = apply(plan, only_good="only_good" in request.POST, shown=shown or "none")
    except PlanRefusedError as error:
        return _import_page(request, resource, str(error), plan=plan, word=word)
    uploads.forget(standing.user_id, word)
    left = f", {done.left_out:,} wrong ones left out" if done.left_out else ""
    messages.success(request, f"Imported: {done.new:,} new, {done.changed:,} changed, {done.same:,} the same{left}.")
    return redirect(_back(resource))


def _import_page(
    request: HttpRequest, resource: Resource, problem: str = "", plan: Plan | None = None, word: str = ""
) -> HttpResponse:
    base = _back(resource)
    context: dict[str, Any] = {
        "title": f"Import {resource.title.lower()}",
        "crumbs": (*crumbs(resource), Link("Import", "")),
        "hint": "A table as CSV, XLSX or JSON. Rows are matched by Ref"
        + (f", else by {' and '.join(resource.label(n).lower() for n in resource.key)}." if resource.key else "."),
        "accept": ".csv,.xlsx,.json",
        "problem": problem,
        "template_url": f"{base}import/?template=csv",
        "cancel_url": f"{base}import/" if plan else base,
    }
    if plan is not None:
        context |= _previewed(plan, word)
    return render(request, "kernel/import.html", context, status=422 if problem else 200)


def _previewed(plan: Plan, word: str) -> dict[str, Any]:
    """Show the rows that need a look first: wrong, then new and changed, then the same."""
    weight = {"wrong": 0, "changed": 1, "new": 1, "same": 2}
    rows = sorted(plan.previews(), key=lambda row: (weight[row.outcome], row.line))
    changes, wrong = plan.count("new") + plan.count("changed"), plan.count("wrong")
    notes = [f"Columns not known here: {', '.join(plan.headings.unknown)}."] if plan.headings.unknown else []
    notes += [f"Columns that imports do not set: {', '.join(plan.headings.unused)}."] if plan.headings.unused else []
    return {
        "hint": " ".join(notes) or "Every column is known.",
        "preview": tuple(rows[:PREVIEWED]),
        "counts": tuple((tone, word_, plan.count(word_)) for tone, word_ in OUTCOMES if plan.count(word_)),
        "token": f"{word}:{plan.token}",
        "more": max(0, len(rows) - PREVIEWED),
        "wrong": wrong,
        "ready": bool(changes) and not wrong,
        "ready_in_part": bool(changes and wrong),
    }


def _empty_table(resource: Resource) -> HttpResponse:
    """Send a heading with the columns that an import knows."""
    response = HttpResponse(content_type=CONTENT_TYPES["csv"])
    response["Content-Disposition"] = f'attachment; filename="{resource.slug}.csv"'
    response.write("\ufeff")
    csv.writer(response).writerow([column.label for column in table_columns(resource, resource.form_fields)])
    return response


@require_POST
@once
def bulk(request: HttpRequest, resource: Resource) -> HttpResponse:
    """Change one field of the chosen records, or take one move with them: first a page that says what will happen."""
    standing = _standing(request, "bulk", resource)
    action, _, digest = _action(request).partition("@")
    kind, _, name = action.partition(":")
    problem = "Choose what to change."
    try:
        ids = _chosen(request, resource)
        if not ids:
            problem = "Choose some records first."
        elif kind == "move" and name in resource.model.moves() and not resource.model.moves()[name].system:
            return _bulk_move(request, resource, standing, ids, name=name, digest=digest)
        elif kind == "set" and name in resource.bulk and name in resource.form_fields:
            return _bulk_set(request, resource, standing, ids, name=name, digest=digest)
    except many.BulkRefusedError as refused:
        problem = str(refused)
    messages.error(request, problem)
    return redirect(_back(resource))


def _action(request: HttpRequest) -> str:
    """Read the action from the list's bar ("move" or "field"), or from the page that confirms it ("action")."""
    if "confirmed" in request.POST:
        return request.POST.get("action", "")
    if move := request.POST.get("move"):
        return f"move:{move}"
    return f"set:{request.POST.get('field', '')}"


def _chosen(request: HttpRequest, resource: Resource) -> list[int]:
    """Return the keys that were ticked, or those of everything that matches the list's filter ("all", "query")."""
    if "all" in request.POST:
        return many.select(Listing(resource, QueryDict(request.POST.get("query", "")), scope(request)))
    return [int(word) for word in request.POST.getlist("ids") if word.isascii() and word.isdigit() and len(word) < 19]


def _bulk_move(
    request: HttpRequest, resource: Resource, standing: Standing, ids: list[int], *, name: str, digest: str
) -> HttpResponse:
    move = resource.model.moves()[name]
    values = {asked: request.POST.get(asked, "").strip() for asked in move.asks}
    confirmed = "confirmed" in request.POST
    plan = many.plan_move(resource, standing, ids, name, values)
    missing = [asked for asked, value in values.items() if confirmed and not value]
    if confirmed and not missing:
        _unchanged_since(plan.records, digest)
        return _done(request, resource, many.apply(plan, allowed_only=True), plan.refused)
    fields = tuple(
        FormField(
            n, resource.label(n), "long", value=values[n], required=True, errors=("Say why.",) if n in missing else ()
        )
        for n in move.asks
    )
    return _confirm(
        request,
        resource,
        action=f"move:{name}",
        title=move.label,
        sentence=" ".join(plan.words),
        records=plan.records,
        refused=plan.refused,
        fields=fields,
    )


def _bulk_set(
    request: HttpRequest, resource: Resource, standing: Standing, ids: list[int], *, name: str, digest: str
) -> HttpResponse:
    records, refused = many.changeable(resource, standing, ids)
    confirmed = "confirmed" in request.POST
    if confirmed:
        try:
            plan = many.plan_change(resource, standing, [r.pk for r in records], {name: request.POST.get(name, "")})
        except ValidationError:
            pass  # shown beside the field below
        else:
            _unchanged_since(records, digest)
            return _done(request, resource, many.apply(plan, allowed_only=True), (*refused, *plan.refused))
    edit = Edit(resource, standing, {name: request.POST.get(name, "")} if confirmed else None)
    label = resource.label(name)
    return _confirm(
        request,
        resource,
        action=f"set:{name}",
        title=f"Change {label.lower()}",
        sentence=f"{label} of the chosen {resource.title.lower()} becomes what you choose here.",
        records=records,
        refused=refused,
        fields=(field_of(edit, name),),
    )


def _confirm(
    request: HttpRequest,
    resource: Resource,
    *,
    action: str,
    title: str,
    sentence: str,
    records: tuple[Record, ...],
    refused: tuple[many.Refusal, ...],
    fields: tuple[FormField, ...],
) -> HttpResponse:
    context = {
        "title": title,
        "sentence": sentence,
        "crumbs": (*crumbs(resource), Link(title, "")),
        "count": len(records),
        "sample": tuple(
            Link(str(r), r.get_absolute_url(), note=r.ref) for r in _with_names(resource, records[:SAMPLE])
        ),
        "refused": tuple((r.record.ref, r.reason) for r in refused),
        "ids": [r.pk for r in records],
        "action": f"{action}@{_digest(records)}",
        "fields": fields,
        "submit": f"{title} of {len(records):,}" if action.startswith("set") else f"{title} {len(records):,}",
        "cancel_url": _back(resource),
    }
    return render(request, "kernel/bulk.html", context, status=422 if any(f.errors for f in fields) else 200)


def _with_names(resource: Resource, records: tuple[Record, ...]) -> Iterable[Record]:
    """Read the few records that are shown with the relations their names need."""
    found = resource.queryset().in_bulk([record.pk for record in records])
    return [found.get(record.pk, record) for record in records]


def _digest(records: Iterable[Record]) -> str:
    """Stand for the versions of the records as they were shown."""
    return hashlib.sha256(repr(sorted((r.pk, r.version) for r in records)).encode()).hexdigest()[:32]


def _unchanged_since(records: Iterable[Record], digest: str) -> None:
    if _digest(records) != digest:
        raise many.BulkRefusedError(
            "Some of these records have changed since you looked; nothing was changed. Choose them again."
        )


def _done(request: HttpRequest, resource: Resource, done: many.Done, refused: Iterable[many.Refusal]) -> HttpResponse:
    left = list(refused)
    same = f" {done.unchanged:,} were so already." if done.unchanged else ""
    messages.success(request, f"{done.changed:,} {resource.title.lower()} changed.{same} {done.undo}".strip())
    if left:
        messages.warning(request, f"{len(left):,} stayed as they were: {left[0].record.ref}: {left[0].reason}")
    return redirect(_back(resource))
