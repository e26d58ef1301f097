"""The generic screens: each function serves one screen for every record type.

Deny by default: a view starts with `require` or reads only what row-level security lets through; a hidden record is a
missing record, because no row comes back.
"""

from __future__ import annotations

from typing import Any

from django.contrib import messages
from django.core.exceptions import PermissionDenied, ValidationError
from django.db import IntegrityError, connection, transaction
from django.db.models import ProtectedError
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_POST, require_safe

from remit.kernel import step_up
from remit.kernel.access.need_to_know import note_reads
from remit.kernel.access.standing import Standing
from remit.kernel.attachments.holds import deletion_refusal
from remit.kernel.editing import Edit, asked_values
from remit.kernel.records import Record, StaleRecordError
from remit.kernel.resources import Resource, resource
from remit.kernel.web.forms import form_screen
from remit.kernel.web.lists import list_screen
from remit.kernel.web.once import once
from remit.kernel.web.record_page import history_of, may_move, record_screen
from remit.kernel.web.shell import chosen_unit


class ResourceConverter:
    """Turn the first part of an address into the resource it names; an unknown one is no address."""

    regex = "[a-z][a-z-]*"

    def to_python(self, value: str) -> Resource:
        try:
            return resource(value)
        except KeyError as unknown:
            raise ValueError from unknown

    def to_url(self, value: Resource | str) -> str:
        return str(value)


def standing_of(request: HttpRequest) -> Standing:
    return request.standing  # type: ignore[attr-defined, no-any-return]


def require(request: HttpRequest, verb: str, kind: str) -> None:
    """Refuse whoever has no role with this verb over this kind anywhere."""
    if not standing_of(request).may(verb, kind):
        raise PermissionDenied


def found(resource: Resource, pk: int, columns: tuple[str, ...] | None = None) -> Record:
    """Return a record within reach; a hidden one is answered exactly as a missing one."""
    held = resource.queryset(columns, lent=True).select_related("unit", "owner")
    record = held.filter(pk=pk).first() if pk < 2**63 else None
    if record is None:
        raise Http404
    return record


def require_on(request: HttpRequest, verb: str, record: Record) -> None:
    if not standing_of(request).may_do(verb, record):
        raise PermissionDenied


def templates(resource: Resource, name: str) -> list[str]:
    """A record type may replace any screen by a template of its own."""
    options = resource.model._meta
    return [f"{options.app_label}/{options.model_name}_{name}.html", f"kernel/{name}.html"]


@require_safe
def index(request: HttpRequest, resource: Resource) -> HttpResponse:
    require(request, "view", resource.kind)
    context = {"screen": list_screen(request, resource), "resource": resource}
    fragment = request.headers.get("HX-Target") == "listing"
    return render(request, "kernel/_table.html" if fragment else templates(resource, "list"), context)


@require_safe
def show(request: HttpRequest, resource: Resource, pk: int) -> HttpResponse:
    record = found(resource, pk)
    note_reads((record,))
    context = {"screen": record_screen(request, resource, record), "record": record, "resource": resource}
    return render(request, templates(resource, "record"), context)


@require_safe
def history(request: HttpRequest, resource: Resource, pk: int) -> HttpResponse:
    before = request.GET.get("before", "")
    record = found(resource, pk, ())
    note_reads((record,))
    lines = history_of(
        record, resource, int(before) if before.isascii() and before.isdigit() and len(before) < 19 else None
    )
    return render(request, "kernel/_history.html", {"history": lines})


@once
def edit(request: HttpRequest, resource: Resource, pk: int | None = None) -> HttpResponse:
    """Create a record, or change the one called `pk`."""
    record = found(resource, pk) if pk is not None else None
    if record is None:
        require(request, "add", resource.kind)
        if not resource.by_hand:
            raise Http404
    else:
        require_on(request, "change", record)
        note_reads((record,))
    if not resource.fields:
        raise Http404
    posted = request.POST if request.method == "POST" else None
    version = _number(request.POST.get("version"))
    attempt = Edit(resource, standing_of(request), posted, record=record, version=version)
    if posted is None:
        attempt.form.initial.update(initial(request, resource) if record is None else {})
    conflict = ""
    if posted is not None and attempt.is_valid():
        try:
            saved = attempt.save()
        except StaleRecordError as stale:
            conflict = f"{stale} Look at the history, then save again to lay your values over theirs."
            attempt.record = found(resource, pk) if pk is not None else None
        except IntegrityError:  # another was faster, or is out of this person's sight
            attempt.form.add_error(None, "There is such a record already; nothing was saved.")
        else:
            messages.success(request, f"{saved.ref} saved.")
            return redirect(saved)
    screen = form_screen(
        attempt, cancel_url=record.get_absolute_url() if record else f"/{resource.slug}/", conflict=conflict
    )
    status = 409 if conflict else 422 if posted is not None else 200
    return render(
        request, templates(resource, "form"), {"screen": screen, "resource": resource, "record": record}, status=status
    )


def initial(request: HttpRequest, resource: Resource) -> dict[str, Any]:
    """Start a new record in the unit looked at, owned by its maker, with what the address names."""
    values: dict[str, Any] = {"owner": standing_of(request).user_id, "unit": chosen_unit(request)}
    return values | {name: request.GET[name] for name in resource.form_fields if name in request.GET}


def _number(text: str | None) -> int | None:
    return int(text) if text and text.isascii() and text.isdigit() and len(text) < 10 else None


@require_POST
@once
def move(request: HttpRequest, resource: Resource, pk: int, name: str) -> HttpResponse:
    """Take one move of the lifecycle, with what it asks for."""
    record = found(resource, pk)
    wanted = record.moves().get(name)
    if wanted is None:
        raise Http404
    if wanted.system or not may_move(record, wanted, standing_of(request)):
        raise PermissionDenied
    try:
        values = asked_values(resource, wanted, request.POST)
    except ValidationError as refusal:
        for field, errors in refusal.message_dict.items():
            messages.error(request, f"{resource.label(field)}: {' '.join(errors)}")
        return redirect(record)
    with transaction.atomic():
        record.move(name, **values)
    messages.success(request, f"{record.ref}: {wanted.label.lower()} done.")
    return redirect(request.POST.get("next", "") if _local(request.POST.get("next", "")) else record)


def _local(address: str) -> bool:
    return address.startswith("/") and not address.startswith(("//", "/\\"))


def deletion_problem(record: Record) -> str:
    """Delete the record, or say what keeps it: a hold, others that rely on it (also out of sight), a restriction."""
    if held := deletion_refusal(record):
        return held
    try:
        with transaction.atomic():
            gone = type(record)._default_manager.filter(pk=record.pk).delete()[1].get(record._meta.label, 0)
            with connection.cursor() as cursor:  # what points here from out of sight says so now, not at the commit
                cursor.execute("set constraints all immediate; set constraints all deferred")
    except ProtectedError as needed:
        first = next(iter(needed.protected_objects))
        return f"{len(needed.protected_objects)} other records rely on it, such as {first}. Remove or move those first."
    except IntegrityError:
        return "Other records rely on it. Remove or move those first."
    if not gone and record.as_made:
        return "It is kept as it was made, and is not deleted."
    return "" if gone else "It is restricted, and a restricted record is not deleted. Lift the restriction first."


@once
def delete(request: HttpRequest, resource: Resource, pk: int) -> HttpResponse:
    """Ask, then delete; what others rely on is kept, and the page says what that is."""
    record = found(resource, pk)
    require_on(request, "delete", record)
    problem = ""
    if request.method == "POST":
        step_up.require()
        problem = deletion_problem(record)
        if not problem:
            messages.success(request, f"{resource.singular.capitalize()} deleted; its history stays on the ledger.")
            return redirect(f"/{resource.slug}/")
    context = {"record": record, "resource": resource, "problem": problem, "cancel_url": record.get_absolute_url()}
    return render(request, "kernel/confirm_delete.html", context, status=409 if problem else 200)
