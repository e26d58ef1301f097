"""The page where scanner files are handed in: each becomes a job that can be watched and left."""

from __future__ import annotations

from typing import Any, BinaryIO, cast

from django.core.exceptions import PermissionDenied
from django.core.files.uploadedfile import UploadedFile
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import path
from django.views.decorators.http import require_http_methods

from remit.ingest.jobs import load_import
from remit.ingest.limits import FILE_BYTES
from remit.ingest.models import Import
from remit.ingest.services import receive
from remit.kernel.access.models import Unit
from remit.kernel.access.standing import Standing
from remit.kernel.jobs.running import start
from remit.kernel.screens import Choice, Link
from remit.kernel.web.once import once
from remit.kernel.web.shell import chosen_unit

FILES = 50
"""Handed in at once, at most."""


@require_http_methods(["GET", "POST"])
@once
def new(request: HttpRequest) -> HttpResponse:
    """Show the form; take the files and start a job for each."""
    standing: Standing = request.standing  # type: ignore[attr-defined]
    if not standing.may("import", Import.kind()):
        raise PermissionDenied
    units = [u for u in standing.units if standing.may("import", Import.kind(), u.id)]
    problem = ""
    if request.method == "POST":
        files = request.FILES.getlist("file")
        unit = next((u for u in units if str(u.id) == request.POST.get("unit")), None)
        coverage = request.POST.get("coverage", "partial")
        problem = wrong(files, unit is not None, coverage)
        if not problem and unit is not None:
            return started(standing.user_id, files, unit.id, coverage)
    chosen = chosen_unit(request) or (units[0].id if units else None)
    context = {
        "title": "Import scanner files",
        "crumbs": (Link("Office", "/"), Link("Imports", "/imports/"), Link("New", "")),
        "units": [Choice(str(u.id), f"{'– ' * u.depth}{u.name}", u.id == chosen) for u in units],
        "coverages": [Choice(str(v), str(t), v == "partial") for v, t in Import.Coverage.choices],
        "problem": problem,
    }
    return render(request, "ingest/new.html", context, status=422 if problem else 200)


def wrong(files: list[UploadedFile[Any]], unit: bool, coverage: str) -> str:
    """Say what is wrong with what was handed in, or return ""."""
    if not files:
        return "Choose at least one file."
    if len(files) > FILES:
        return f"Hand in at most {FILES} files at once; these are {len(files)}."
    if not unit:
        return "Choose the unit that new assets belong to."
    if coverage not in Import.Coverage.values:
        return "Say whether the scans are partial or complete."
    if big := next((f for f in files if (f.size or 0) > FILE_BYTES), None):
        return f"“{big.name}” is larger than {FILE_BYTES // 2**20} MB. Split the export, or hand it in as gzip."
    return ""


def started(user_id: int, files: list[UploadedFile[Any]], unit_id: int, coverage: str) -> HttpResponse:
    """Keep each file with an import that waits, and start a job for each."""
    unit = Unit.objects.get(pk=unit_id)
    runs = []
    for file in files:
        record = receive(cast(BinaryIO, file), file.name or "file", unit=unit, coverage=coverage)
        runs.append(start(load_import, user_id=user_id, import_id=record.pk, name=record.name))
    return redirect(f"/jobs/{runs[0].pk}/" if len(runs) == 1 else "/imports/")


urlpatterns: list[Any] = [path("imports/new/", new, name="import_scans")]
