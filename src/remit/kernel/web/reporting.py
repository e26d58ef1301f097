"""Handing a report out as a file: refused to viewers, noted on the ledger, sent whole."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable
from typing import Final

from django.conf import settings
from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.timezone import localdate

from remit.kernel import actor
from remit.kernel.access.need_to_know import note_reads
from remit.kernel.ledger.reading import note
from remit.kernel.records import Record
from remit.kernel.reports.model import Report
from remit.kernel.reports.page import report_screen
from remit.kernel.reports.paper import ReportNotDrawnError, pdf
from remit.kernel.reports.workbook import xlsx
from remit.kernel.screens import Link
from remit.kernel.web.lists import crumbs
from remit.kernel.web.views import standing_of

FORMATS: Final[dict[str, tuple[str, Callable[[Report, str], bytes]]]] = {
    "pdf": ("application/pdf", pdf),
    "xlsx": ("application/vnd.openxmlformats-officedocument.spreadsheetml.sheet", xlsx),
}
"""What a report is handed out as: its content type, and what draws it."""


def downloads(address: str, query: str = "") -> tuple[Link, ...]:
    """Return the links to a report's files, at `address` followed by "report.pdf" and "report.xlsx"."""
    after = f"?{query}" if query else ""
    return tuple(Link(format.upper(), f"{address}report.{format}{after}") for format in FORMATS)


def shown(request: HttpRequest, report: Report, record: Record, last: str, title: str) -> HttpResponse:
    """Show a report about one record as a page of its own, at the record's address and `last` ("brief/").

    Who may export the record finds the links to the report's files there; a read of a restricted one is noted.
    """
    note_reads((record,))
    here = record.get_absolute_url()
    screen = report_screen(
        report,
        downloads=downloads(f"{here}{last}") if standing_of(request).may_do("export", record) else (),
        crumbs=(*crumbs(record.resource), Link(record.ref, here), Link(title, "")),
    )
    return render(request, "kernel/report.html", {"screen": screen})


def handed_out(
    request: HttpRequest, report: Report, format: str, *, kind: str, back: str, records: Iterable[Record] = ()
) -> HttpResponse:
    """Answer with a report as a file, and note that on the ledger; the caller has asked for the verb "export".

    `kind` is the record type it is about, `records` those it tells of one by one (a read of a restricted one is noted
    too). A report that cannot be drawn leads `back` with the reason. Http404 for an unknown format, PermissionDenied
    for somebody who looks on with another's eyes.
    """
    actor.refuse_to_viewers()
    if format not in FORMATS:
        raise Http404
    content_type, draw = FORMATS[format]
    held = list(records)
    note_reads(held, "by a report")
    try:
        content = draw(report, settings.ADDRESS)
    except ReportNotDrawnError as error:
        messages.error(request, str(error))
        return redirect(back)
    note("export", kind, [record.pk for record in held], text=f"report “{report.title}” as {format.upper()}")
    name = re.sub(r"[^a-z0-9]+", "-", report.title.lower()).strip("-")[:80] or "report"
    disposition = f'attachment; filename="{name}-{localdate():%Y-%m-%d}.{format}"'
    return HttpResponse(content, content_type=content_type, headers={"Content-Disposition": disposition})
