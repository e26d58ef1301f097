"""What the page of a risk shows of its numbers: from its last assessment, never computed while somebody waits."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from django.utils import timezone
from django.utils.timezone import localdate

from remit.identify.risks import inputs, rules, wording
from remit.identify.risks.models import Assessment, Risk
from remit.identify.risks.screens import (
    AcceptanceLine,
    AssessmentLine,
    BindingLine,
    DriverLine,
    EstimateLine,
    IndicatorLine,
    NumberTile,
    RiskScreen,
    SwingLine,
    TreatmentLine,
)
from remit.kernel.access.standing import Standing
from remit.kernel.resources import resource
from remit.kernel.screens import Cell, Link
from remit.kernel.web.cells import cell, due_cell, state_cell
from remit.kernel.web.lists import is_open

SHOWN = 8
"""Lines of each history before the rest is left to its list."""
CHILDREN = {
    "treatment": ("treatments", "risks.treatment"),
    "indicator": ("risk-indicators", "risks.indicator"),
    "acceptance": ("risk-acceptances", "risks.riskacceptance"),
    "binding": ("risk-bindings", "risks.binding"),
}


def screen(risk: Risk, standing: Standing) -> RiskScreen:
    """Build what the page of a risk has of its own, in a fixed number of queries."""
    newest = list(risk.assessments.select_related("owner").order_by("-pk")[: SHOWN + 1])
    last = newest[0] if newest else None
    base, may = risk.get_absolute_url(), standing.may_do("change", risk)
    computable = bool(risk.scenario) and may
    return RiskScreen(
        verdict=cell(risk, "appetite_state", resource("risks")) if risk.appetite_says else Cell("text"),
        verdict_says=risk.appetite_says,
        tiles=tuple(tiles(risk, last)) if last else (),
        curve=last.curve if last else None,
        words=tuple(wording.sentences(last.inputs.get("current", {}) if last else risk.scenario, risk.currency)),
        limitation=last.limitation if last else "",
        drivers=tuple(drivers(last, risk.currency)) if last else (),
        drivers_title=moved(newest),
        swings=tuple(swings(last)) if last else (),
        treatments=tuple(treatments(risk)),
        estimates=tuple(estimates(risk)),
        estimates_url=f"/estimates/?risk={risk.pk}",
        indicators=tuple(indicators(risk, standing)),
        bindings=tuple(bindings(risk)),
        acceptances=tuple(acceptances(risk)),
        assessments=tuple(assessment_line(a) for a in newest[:SHOWN]),
        scenario_url=f"{base}scenario/" if may or risk.scenario else "",
        recompute_url=f"{base}recompute/" if computable else "",
        simulate_url=f"{base}simulate/" if computable else "",
        review_url=f"{base}reviewed/" if may and risk.state != "closed" else "",
        add={
            name: f"/{slug}/new/?risk={risk.pk}" if standing.may("add", kind, risk.unit_id) else ""
            for name, (slug, kind) in CHILDREN.items()
        },
    )


def tiles(risk: Risk, last: Assessment) -> Iterable[NumberTile]:
    """Yield the numbers of an assessment, each of which opens it."""
    now, url, currency = last.numbers["current"], last.get_absolute_url(), last.currency
    error = (now.get("standard_error") or {}).get("mean")
    give = f"± {rules.money(1.96 * error)} by simulation" if error else "mean over all years"
    trend, tone = rules.trend(risk.annual_loss_before, risk.annual_loss)
    yield NumberTile("Expected annual loss", rules.money(now["mean"], currency), trend or give, tone, url)
    yield NumberTile("Chance of a loss", wording.per_cent(1 - now["p_zero"]), "in a year", "", url)
    yield NumberTile("One year in twenty", rules.money(now["quantiles"]["0.95"], currency), "or more, at 95 %", "", url)
    yield NumberTile("Mean of the worst 1 %", rules.money(now["es99"], currency), "expected shortfall", "", url)
    before = last.numbers.get("inherent", {}).get("mean")
    yield NumberTile("Without controls", rules.money(before, currency), "inherent, a year", "", url)
    after = last.numbers.get("target", {}).get("mean")
    yield NumberTile("Once treated", rules.money(after, currency), "target, a year", "", url)


def moved(newest: list[Assessment]) -> str:
    if len(newest) < 2 or newest[0].annual_loss is None or newest[1].annual_loss is None:
        return ""
    change = newest[0].annual_loss - newest[1].annual_loss
    if abs(change) < 0.5:
        return ""
    way = "up" if change > 0 else "down"
    return f"What moved it: {way} {rules.money(abs(change), newest[0].currency)} since {when(newest[1].created_at)}"


def drivers(last: Assessment, currency: str) -> Iterable[DriverLine]:
    for driver in last.drivers[:SHOWN]:
        money = driver["money"]
        if abs(money) < 0.5:
            continue
        before, after = (wording.how(driver["path"], driver[side], currency) for side in ("before", "after"))
        sign, tone = ("+", "act") if money > 0 else ("−", "good")
        change = f"{before} → {after}" if driver["path"] else ""
        yield DriverLine(driver["label"], f"{sign}{rules.money(abs(money), currency)}", tone, change)


def swings(last: Assessment) -> Iterable[SwingLine]:
    """Yield the inputs by how far each alone moves the mean annual loss: what to learn more of first."""
    found = last.numbers["current"].get("swings", ())[:SHOWN]
    top = max((max(each["at"]) for each in found), default=0.0)
    known = inputs.inputs(last.inputs["current"])
    for each in found:
        low, high = sorted(each["at"])
        label = known[each["path"]].label if each["path"] in known else each["path"]
        ends = " to ".join(
            rules.money(end) if abs(end) >= 1000 else f"{end:.3g}" for end in (each["low"], each["high"])
        )
        yield SwingLine(
            label,
            f"{rules.money(low)} to {rules.money(high, last.currency)}",
            f"from {ends}{'; differs from event to event' if each['kind'] == 'variable' else ''}",
            round(100 * low / top, 1) if top else 0.0,
            round(100 * (high - low) / top, 1) if top else 0.0,
        )


def treatments(risk: Risk) -> Iterable[TreatmentLine]:
    """Yield the treatments side by side, those under way first by what they save."""
    rows = list(risk.treatments.select_related("owner"))
    rows.sort(key=lambda t: (t.state in {"done", "dropped"}, t.residual_loss is None, t.residual_loss or 0.0))
    for t in rows[:20]:
        saves = returns = "–"
        if t.residual_loss is not None and risk.annual_loss is not None and t.state not in {"done", "dropped"}:
            saves = rules.money(max(0.0, risk.annual_loss - t.residual_loss))
            found = rules.return_on_treatment(risk.annual_loss, t.residual_loss, t.cost_once, t.cost_yearly)
            returns = "–" if found is None else f"{found:+.0%}".replace("-", "−")
        cost = rules.money(t.cost_once)
        cost += f" + {rules.money(t.cost_yearly)} a year" if t.cost_yearly else ""
        yield TreatmentLine(
            Link(t.title, t.get_absolute_url(), note=t.ref),
            t.get_strategy_display(),
            state_cell(t),
            cost,
            rules.money(t.residual_loss),
            saves,
            returns,
            t.owner.name if t.owner else "nobody yet",
            due_cell(t.due_on, localdate(), is_open(t)),
        )


def estimates(risk: Risk) -> Iterable[EstimateLine]:
    labels = {path: item.label for path, item in inputs.inputs(risk.scenario).items()}
    for e in risk.estimates.select_related("owner").order_by("-created_at", "-pk")[:SHOWN]:
        value = e.distribution
        if value.get("distribution") == "constant":
            value = value.get("value")
        label = labels.get(e.path, e.path.replace("_", " "))
        by = e.owner.name if e.owner else "Remit"
        yield EstimateLine(
            label, wording.how(e.path, value, risk.currency), by, when(e.created_at), e.reason, e.get_absolute_url()
        )


def indicators(risk: Risk, standing: Standing) -> Iterable[IndicatorLine]:
    add = standing.may("add", "risks.indicatorreading", risk.unit_id)
    rows = list(risk.indicators.prefetch_related("readings").order_by("pk")[:20])
    for i in rows:
        readings = sorted(i.readings.all(), key=lambda r: r.on)[-6:]
        sign = "from" if i.higher_is_worse else "down to"
        yield IndicatorLine(
            Link(i.title, i.get_absolute_url()),
            cell(i, "status", resource("risk-indicators")),
            "–" if i.value is None else f"{i.value:,.4g} {i.measured_in}".strip(),
            f"amber {sign} {i.amber:,.4g}, red {sign} {i.red:,.4g}",
            " · ".join(f"{r.value:,.4g}" for r in readings),
            f"/indicator-readings/new/?indicator={i.pk}" if add and not i.figure else "",
        )


def bindings(risk: Risk) -> Iterable[BindingLine]:
    labels = {path: item.label for path, item in inputs.inputs(risk.scenario).items()}
    for b in risk.bindings.order_by("pk")[:20]:
        fact = "not read yet" if b.fact is None else f"{b.fact:,.4g}"
        value = "–" if b.applied is None else wording.how(b.path, b.applied, risk.currency)
        at = when(b.applied_at) if b.applied_at else ""
        yield BindingLine(labels.get(b.path, b.path), Link(f"{b.name}: {fact}", b.get_absolute_url()), value, at)


def acceptances(risk: Risk) -> Iterable[AcceptanceLine]:
    table = resource("risk-acceptances")
    for a in risk.acceptances.order_by("-pk")[:SHOWN]:
        a.risk = risk
        yield AcceptanceLine(
            Link(a.ref, a.get_absolute_url()),
            state_cell(a),
            rules.money(a.amount, risk.currency),
            cell(a, "stands", table) if a.stands else Cell("text"),
            due_cell(a.expires_on, localdate(), a.state == "granted"),
            a.reason,
        )


def assessment_line(a: Assessment) -> AssessmentLine:
    by = a.owner.name if a.owner else "Remit"
    method = "simulated" if a.method == "monte-carlo" else "calculated"
    loss = rules.money(a.annual_loss, a.currency)
    return AssessmentLine(when(a.created_at), f"{a.get_cause_display()}, {method}", loss, by, a.get_absolute_url())


def when(at: Any) -> str:
    local = timezone.localtime(at)
    return f"{local.day} {local:%b %Y}"
