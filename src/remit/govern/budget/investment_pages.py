"""The page on which somebody says what an investment does to risks."""

from __future__ import annotations

from typing import Any, cast

from django.contrib import messages
from django.http import HttpRequest, HttpResponse, QueryDict
from django.shortcuts import redirect, render
from django.views.decorators.http import require_http_methods

from remit.govern.budget.losses import Loss, losses
from remit.govern.budget.models import Investment
from remit.govern.budget.screens import EffectLine, EffectScreen
from remit.kernel.access.need_to_know import note_reads
from remit.kernel.records import StaleRecordError
from remit.kernel.reports.words import number
from remit.kernel.resources import resource
from remit.kernel.screens import Link
from remit.kernel.web.lists import crumbs
from remit.kernel.web.once import once
from remit.kernel.web.views import found, require_on

PARTS = ("frequency", "magnitude")
Typed = dict[str, dict[str, str]]


@require_http_methods(["GET", "HEAD", "POST"])
@once
def effects(request: HttpRequest, pk: int) -> HttpResponse:
    """Show the risks within reach with what the investment takes off each, and keep what is typed."""
    investment = cast("Investment", found(resource("investments"), pk))
    require_on(request, "change", investment)
    note_reads((investment,))
    known = losses(restricted=False)
    typed = _typed(known, request.POST) if request.method == "POST" else _held(investment)
    errors: dict[str, str] = {}
    conflict = ""
    if request.method == "POST":
        read, errors = read_effects(typed)
        if not errors:
            seen = {loss.ref for loss in known}
            kept = {ref: said for ref, said in investment.effects.items() if ref not in seen}
            investment.effects = {**kept, **read}
            try:
                _save(investment, request.POST.get("version", ""))
            except StaleRecordError as stale:
                conflict = f"{stale} Open the page again and type yours over theirs."
            else:
                messages.success(request, f"{investment.ref}: its effects on {len(read)} risks are kept.")
                return redirect(investment)
    screen = _screen(investment, known, typed, errors, conflict)
    status = 409 if conflict else 422 if errors else 200
    return render(request, "budget/effects.html", {"screen": screen}, status=status)


def _save(investment: Investment, version: str) -> None:
    if version != str(investment.version):
        raise StaleRecordError(investment)
    investment.save(update_fields=["effects"])


def _typed(known: list[Loss], sent: QueryDict) -> Typed:
    return {loss.ref: {part: sent.get(f"{part}-{loss.ref}", "").strip() for part in PARTS} for loss in known}


def _held(investment: Investment) -> Typed:
    return {
        ref: {part: number(said[part] * 100) if part in said else "" for part in PARTS}
        for ref, said in investment.effects.items()
    }


def read_effects(typed: Typed) -> tuple[dict[str, dict[str, float]], dict[str, str]]:
    """Read shares in hundredths; return those above nothing, and what is wrong with the others, by reference."""
    read: dict[str, dict[str, float]] = {}
    errors: dict[str, str] = {}
    for ref, parts in typed.items():
        for part, text in parts.items():
            share = _share(text)
            if share is None:
                errors[ref] = f"Write the {part} as hundredths from 0 to 100, as in 30 or 12.5, not “{text[:20]}”."
            elif share > 0:
                read.setdefault(ref, {})[part] = share
    return read, errors


def _share(text: str) -> float | None:
    """Return "30" as 0.3, nothing as 0, what is no number from 0 to 100 as None."""
    plain = text.removesuffix("%").strip()
    if not plain:
        return 0.0
    if not plain.isascii() or len(plain) > 8 or not plain.replace(".", "", 1).isdigit():
        return None
    share = float(plain) / 100
    return round(share, 6) if share <= 1 else None


def _screen(
    investment: Investment, known: list[Loss], typed: Typed, errors: dict[str, str], conflict: str
) -> EffectScreen:
    here = investment.get_absolute_url()
    return EffectScreen(
        title=f"What {investment.title} takes off risks",
        crumbs=(*crumbs(resource("investments")), Link(investment.ref, here), Link("Effects", "")),
        lines=tuple(_line(loss, typed.get(loss.ref, {}), errors.get(loss.ref, "")) for loss in known),
        version=investment.version,
        cancel_url=here,
        errors=(f"{len(errors)} risks have a number that cannot be read. Nothing was saved.",) if errors else (),
        conflict=conflict,
    )


def _line(loss: Loss, typed: dict[str, Any], error: str) -> EffectLine:
    shares = [_share(str(typed.get(part, ""))) or 0.0 for part in PARTS]
    left = loss.annual_loss * (1 - shares[0]) * (1 - shares[1])
    return EffectLine(
        loss.ref,
        loss.title,
        loss.url,
        f"{loss.currency} {loss.annual_loss:,.0f}",
        str(typed.get("frequency", "")),
        str(typed.get("magnitude", "")),
        f"{loss.currency} {left:,.0f}" if any(shares) else "",
        error,
    )
