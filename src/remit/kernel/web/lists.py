"""The list screen of any record type, built from its Resource and one query string."""

from __future__ import annotations

from typing import Any

from django.db import models
from django.db.models import QuerySet
from django.http import HttpRequest, QueryDict
from django.utils.timezone import localdate

from remit.kernel.access.standing import Standing
from remit.kernel.listing import PAGE, SORTED, Listing
from remit.kernel.records import Record
from remit.kernel.resources import Resource, of_kind
from remit.kernel.saved_views import SavedView
from remit.kernel.screens import (
    Chip,
    Choice,
    Column,
    ColumnChoice,
    FilterField,
    Link,
    ListScreen,
    Page,
    Row,
    SavedViewLink,
)
from remit.kernel.web.cells import DUE_FIELDS, cell, due_cell
from remit.kernel.web.shell import scope

CONTROL = {"page", "count", "partial"}
"""Parameters that say how to show, not what."""


def address(base: str, query: QueryDict, **changes: Any) -> str:
    """Return this list's address with some parameters changed (None takes one out) and back on its first page."""
    values = query.copy()
    for name in CONTROL | set(changes):
        values.pop(name, None)
    for name, value in changes.items():
        if isinstance(value, list):
            values.setlist(name, value)
        elif value is not None:
            values[name] = str(value)
    text = values.urlencode(safe=",")
    return f"{base}?{text}" if text else base


def list_screen(
    request: HttpRequest, resource: Resource, base: str = "", only: QuerySet[Record] | None = None
) -> ListScreen:
    """Build the screen for what this request asks of this resource; `only` limits it to the rows behind something."""
    standing: Standing = request.standing  # type: ignore[attr-defined]
    own = not base
    base = base or f"/{resource.slug}/"
    query = request.GET
    listing = Listing(resource, query, scope(request), only)
    number = max(1, int(n)) if (n := query.get("page", "1")).isascii() and n.isdigit() and len(n) < 7 else 1
    records, more = listing.page(number)
    page = paging(listing, base, number, shown=len(records), more=more)
    kind = resource.kind
    changes = bool(resource.fields) and standing.may("bulk", kind)
    filtered = bool(listing.words) or any(name.partition("_m")[0] in resource.filters for name in query)
    chips = tuple(active(listing, base))
    return ListScreen(
        slug=resource.slug,
        title=resource.title,
        headline=resource.title,
        note=note(listing),
        crumbs=crumbs(resource),
        columns=tuple(columns(listing, base)),
        rows=tuple(rows(records, resource, listing.columns)),
        page=page,
        chips=chips,
        filters=tuple(fields(listing)),
        query=listing.words,
        hidden=tuple((n, query[n]) for n in ("sort", "columns") if n in query),
        column_choices=tuple(
            ColumnChoice(n, resource.label(n), n in listing.columns)
            for n in dict.fromkeys((*resource.columns, *resource.fact_names))
        ),
        views=tuple(saved(resource, standing.user_id, query, base)),
        exports=tuple(Link(f.upper(), address(f"{base}export.{f}", query)) for f in ("csv", "xlsx", "json"))
        if standing.may("export", kind) and own
        else (),
        add_url=f"{base}new/" if own and resource.by_hand and resource.fields and standing.may("add", kind) else "",
        import_url=import_url(resource, standing) if own else "",
        bulk_url=f"/{resource.slug}/bulk/" if changes else "",
        bulk_fields=tuple(Choice(n, resource.label(n)) for n in resource.bulk),
        bulk_moves=tuple(
            Choice(m.name, m.label)
            for m in resource.model.moves().values()
            if not m.system and standing.may("decide" if m.decision else "move", kind)
        ),
        base_url=base,
        empty_title="Nothing matches" if filtered or chips else f"No {resource.model._meta.verbose_name_plural} yet",
        empty_hint="Take a filter away, or search for something else."
        if filtered or chips
        else resource.empty or "Add the first one.",
        filtered=filtered or bool(chips),
    )


def import_url(resource: Resource, standing: Standing) -> str:
    """Where records of this type are imported: a table of them, or what scanners wrote."""
    if not standing.may("import", resource.kind):
        return ""
    return f"/{resource.slug}/import/" if resource.by_hand else resource.import_at


def note(listing: Listing) -> str:
    """Say what of the request could not be done."""
    if listing.unsorted:
        label = listing.resource.label(listing.sort.removeprefix("-")).lower()
        return f"Too many to sort by {label}: filter to at most {SORTED:,}, then sort."
    return "; ".join(f"{listing.resource.label(name)}: {' '.join(errors)}" for name, errors in listing.errors.items())


def crumbs(resource: Resource) -> tuple[Link, ...]:
    return (Link(resource.function.capitalize() or "Office", "/"), Link(resource.title, f"/{resource.slug}/"))


def paging(listing: Listing, base: str, number: int, *, shown: int, more: bool) -> Page:
    query = listing.query
    exact = query.get("count") == "exact"
    count, beyond = listing.count(exact)
    first = (number - 1) * PAGE + 1
    return Page(
        first=first if shown else 0,
        last=first + shown - 1 if shown else 0,
        count=f"more than {count:,}" if beyond else f"{count:,}",
        previous_url=_page_url(base, query, number - 1) if number > 1 else "",
        next_url=_page_url(base, query, number + 1) if more else "",
        exact_url=address(base, query, count="exact") if beyond else "",
    )


def _page_url(base: str, query: QueryDict, number: int) -> str:
    url = address(base, query)
    return url if number == 1 else f"{url}{'&' if '?' in url else '?'}page={number}"


def columns(listing: Listing, base: str) -> Any:
    resource = listing.resource
    sortable = resource.sort_fields()
    for name in listing.columns:
        field = resource.field(name)
        current = (
            ""
            if listing.unsorted or listing.sort.removeprefix("-") != name
            else "down"
            if listing.sort.startswith("-")
            else "up"
        )
        following = (
            {"": name, "up": f"-{name}", "down": None}[current]
            if name not in {"level", "score"}
            else {"": f"-{name}", "down": name, "up": None}[current]
        )
        numeric = (
            isinstance(field, models.FloatField | models.DecimalField | models.IntegerField | models.AutoField)
            and not field.choices
            and name != "ref"
        )
        numeric = numeric or (field is None and name != "ref")
        yield Column(
            name,
            resource.label(name),
            numeric,
            address(base, listing.query, sort=following) if name in sortable else "",
            current,  # type: ignore[arg-type]
        )


def rows(records: list[Record], resource: Resource, names: tuple[str, ...]) -> Any:
    today = localdate()
    for record in records:
        cells = tuple(
            due_cell(getattr(record, n), today, is_open(record)) if n in DUE_FIELDS else cell(record, n, resource)
            for n in names
        )
        yield Row(record.pk, record.get_absolute_url(), f"{record.ref} {record}", cells)


def is_open(record: Record) -> bool:
    """Whether the record's lifecycle still has a move that a person may take towards its end."""
    lifecycle = record.lifecycle()
    return lifecycle is None or lifecycle.tones.get(record.state, "") not in {"good", "soft"}


def active(listing: Listing, base: str) -> Any:
    """Yield a chip for each filter that is on."""
    query, resource = listing.query, listing.resource
    for name in resource.filters:
        label = resource.label(name)
        field = resource.field(name)
        if values := [v for v in query.getlist(name) if v]:
            text = ", ".join(choice_text(field, v) for v in values)
            if isinstance(field, models.ForeignKey):
                text = related_text(field, values[0])
            yield Chip(label, text, address(base, query, **{name: None}))
        low, high = query.get(f"{name}_min"), query.get(f"{name}_max")
        if low or high:
            text = f"{low} to {high}" if low and high else f"from {low}" if low else f"until {high}"
            yield Chip(label, text, address(base, query, **{f"{name}_min": None, f"{name}_max": None}))


def choice_text(field: models.Field[Any, Any] | None, value: str) -> str:
    if isinstance(field, models.BooleanField):
        return "yes" if value == "true" else "no"
    return next((str(text) for key, text in getattr(field, "flatchoices", ()) if str(key) == value), value)


def related_text(field: models.ForeignKey[Any, Any], value: str) -> str:
    """Name a chosen relation, if it is within reach; a hidden one is answered like one that does not exist."""
    if not (value.isascii() and value.isdigit() and len(value) < 19):
        return value
    found = field.related_model._default_manager.filter(pk=int(value)).first()
    return str(found) if found else "unknown"


def fields(listing: Listing) -> Any:
    """Yield the controls of the filter panel."""
    query, resource = listing.query, listing.resource
    for name in resource.filters:
        field = resource.field(name)
        label = resource.label(name)
        if isinstance(field, models.ForeignKey):
            value = query.get(name, "")
            yield FilterField(
                name,
                label,
                "relation",
                value=value,
                lookup_url=lookup_url(field),
                text=related_text(field, value) if value else "",
            )
        elif isinstance(field, models.BooleanField):
            chosen = query.get(name, "")
            yield FilterField(
                name,
                label,
                "bool",
                tuple(Choice(v, t, chosen == v) for v, t in (("", "Any"), ("true", "Yes"), ("false", "No"))),
            )
        elif field is not None and field.choices:
            on = set(query.getlist(name))
            yield FilterField(
                name, label, "choices", tuple(Choice(str(v), str(t), str(v) in on) for v, t in field.flatchoices)
            )
        elif isinstance(field, models.DateField):
            yield FilterField(
                name, label, "date_range", value=query.get(f"{name}_min", ""), high=query.get(f"{name}_max", "")
            )
        elif isinstance(field, models.IntegerField | models.FloatField | models.DecimalField):
            yield FilterField(
                name, label, "number_range", value=query.get(f"{name}_min", ""), high=query.get(f"{name}_max", "")
            )
        else:
            yield FilterField(name, label, "text", value=query.get(name, ""))


def lookup_url(field: models.ForeignKey[Any, Any]) -> str:
    model = field.related_model
    if (found := of_kind(model._meta.label_lower)) is not None:
        return f"/lookup/{found.slug}/"
    return f"/lookup/{model._meta.model_name}s/"


def saved(resource: Resource, user_id: int, query: QueryDict, base: str) -> Any:
    here = address(base, query)
    for view in SavedView.objects.filter(slug=resource.slug):
        url = f"{base}?{view.query}" if view.query else base
        yield SavedViewLink(view.pk, view.name, url, view.shared, view.user_id == user_id, url == here)
