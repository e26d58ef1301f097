"""The scenario editor: the form as it was filled in, and what a year would cost by it, at once."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from typing import Any, Final

from remit.identify.risks import curves, engine, estimating, form, inputs, rules, widgets, wording
from remit.identify.risks.models import Risk
from remit.identify.risks.screens import NumberTile
from remit.identify.risks.widgets import Blank, ControlRow, FormRow, Widget
from remit.kernel.screens import Choice, Link

CONTROL: Final = re.compile(r"controls\[(\d+)\]")


@dataclass(frozen=True, slots=True)
class Outcome:
    """What a year would cost by the form (context name `outcome`); `error` instead, where it cannot be computed."""

    tiles: tuple[NumberTile, ...] = ()
    curve: curves.Curve | None = None
    words: tuple[str, ...] = ()
    error: str = ""
    where: str = ""


@dataclass(frozen=True, slots=True)
class Pool:
    """What several people estimated of one input, made one, and where that is compared and used."""

    label: str
    people: str
    says: str
    url: str


@dataclass(frozen=True, slots=True)
class EditorScreen:
    """The editor (context name `screen`)."""

    title: str
    crumbs: tuple[Link, ...]
    currency: str
    frequencies: tuple[Choice, ...]
    often: tuple[Widget, ...]
    losses: tuple[Choice, ...]
    magnitude: Widget | None
    forms: tuple[FormRow, ...]
    duration: Widget | None
    secondary: bool
    reaction: tuple[Widget, ...]
    controls: tuple[ControlRow, ...]
    insurance: tuple[Blank, ...]
    insurance_error: str
    error: str
    reason: str
    pools: tuple[Pool, ...]
    version: int
    may: bool
    url: str
    preview_url: str
    cancel_url: str


def outcome(risk: Risk, scenario: Mapping[str, Any]) -> Outcome:
    """Compute what the form says, beside what is kept; quick enough to follow typing."""
    from remit.identify.risks import fair  # noqa: PLC0415

    try:
        engine.scenario(scenario)
        scenario = fed(risk, scenario)
        now = engine.numbers(scenario, engine.QUICK)
    except fair.InputError as error:
        return Outcome(error=f"{error.problem[:1].upper()}{error.problem[1:]}. {error.remedy}", where=error.where)
    kept = kept_numbers(risk)
    series = [("As typed", "", now.get("exceedance", ()))]
    if kept.get("exceedance") and kept["mean"] != now["mean"]:
        series.insert(0, ("As kept", "soft", kept["exceedance"]))
    limits = (("mean", now["mean"], ""),)
    return Outcome(
        tiles=tuple(_tiles(now, kept, risk.currency)),
        curve=curves.curve(series, limits, risk.currency),
        words=tuple(wording.sentences(scenario, risk.currency)),
    )


def fed(risk: Risk, scenario: Mapping[str, Any]) -> dict[str, Any]:
    """Put what facts last said into a scenario, as an assessment will; what they cannot be put into stays."""
    made = dict(scenario)
    for path, applied in risk.bindings.filter(active=True, applied__isnull=False).values_list("path", "applied"):
        target = inputs.inputs(made).get(path)
        fitting = inputs.put(made, target.keys, applied) if target else made
        made = made if engine.problem(fitting) else fitting
    return made


def kept_numbers(risk: Risk) -> dict[str, Any]:
    last = risk.assessments.order_by("-pk").values_list("numbers", flat=True).first()
    return dict((last or {}).get("current") or {})


def _tiles(now: Mapping[str, Any], kept: Mapping[str, Any], currency: str) -> Any:
    yield _tile("Expected annual loss", now["mean"], kept.get("mean"), currency)
    yield NumberTile("Chance of a loss", wording.per_cent(1 - now["p_zero"]), "in a year", "", "")
    before = (kept.get("quantiles") or {}).get("0.95")
    yield _tile("One year in twenty", now["quantiles"]["0.95"], before, currency)
    yield _tile("Mean of the worst 1 %", now["es99"], kept.get("es99"), currency)


def _tile(label: str, value: float, before: float | None, currency: str) -> NumberTile:
    text, tone = rules.trend(before, value)
    note = f"{text} against what is kept" if text and text != "steady" else "as kept" if text else "not kept yet"
    return NumberTile(label, rules.money(value, currency), note, tone if text != "steady" else "", "")


def screen(risk: Risk, data: form.Data, found: Outcome, *, may: bool, problem: str = "") -> EditorScreen:
    """Lay out the form with an error beside the field it is about, or above where no field is."""
    often, here = widgets.placed(widgets.frequency_widgets(data), found.where, found.error)
    by_forms = data.get("loss") == "forms"
    rows = widgets.form_rows(data) if by_forms else ()
    single = None if by_forms and any(row.kind == "primary" for row in rows) else _one(data, "magnitude", found)
    reaction = _reaction(data, rows) if data.get("secondary") else ()
    reaction, there = widgets.placed(reaction, found.where, found.error)
    rows, among = _form_errors(rows, found)
    controls, control = _control_errors(widgets.control_rows(data), found)
    cover = found.error if found.where.startswith("insurance") else ""
    lasting = _one(data, "duration", found) if by_forms else None
    single_ones = (single, lasting)
    beside = here or there or among or control or bool(cover) or any(w is not None and w.error for w in single_ones)
    base = risk.get_absolute_url()
    return EditorScreen(
        title=f"Scenario of {risk.ref}",
        crumbs=(Link("Identify", "/"), Link("Risks", "/risks/"), Link(risk.ref, base), Link("Scenario", "")),
        currency=risk.currency,
        frequencies=tuple(
            Choice(k, w, data.get("frequency.form", "poisson") == k) for k, w in form.FREQUENCIES.items()
        ),
        often=often,
        losses=(Choice("sum", "One sum", not by_forms), Choice("forms", "By form of loss", by_forms)),
        magnitude=single,
        forms=rows,
        duration=lasting,
        secondary=bool(data.get("secondary")),
        reaction=reaction,
        controls=controls,
        insurance=tuple(
            Blank(f"insurance.{key}", label, data.get(f"insurance.{key}", ""))
            for key, label in (("retention", "Own share"), ("limit", "Limit"), ("aggregate", "Limit of a year"))
        ),
        insurance_error=cover,
        error=problem or ("" if beside else f"{found.where}: {found.error}" if found.error else ""),
        reason=data.get("reason", ""),
        pools=tuple(pools(risk)),
        version=risk.version,
        may=may,
        url=f"{base}scenario/",
        preview_url=f"{base}scenario/preview/",
        cancel_url=base,
    )


def _one(data: form.Data, path: str, found: Outcome) -> Widget:
    days = path == "duration"
    label, unit = ("An event lasts", "days") if days else ("One event costs", "")
    made, _ = widgets.placed((widgets.widget(data, path, label, unit=unit, sums=True),), found.where, found.error)
    return made[0]


def _reaction(data: form.Data, rows: tuple[FormRow, ...]) -> tuple[Widget, ...]:
    chance = widgets.widget(data, "secondary.probability", "Probability", unit="for each event")
    if any(row.kind == "secondary" for row in rows):
        return (chance,)
    return (chance, widgets.widget(data, "secondary.magnitude", "It costs more by", sums=True))


def _form_errors(rows: tuple[FormRow, ...], found: Outcome) -> tuple[tuple[FormRow, ...], bool]:
    placed, beside = widgets.placed(tuple(row.widget for row in rows if row.widget), found.where, found.error)
    by_path = {w.path: w for w in placed}
    return tuple(replace(row, widget=by_path.get(f"forms.{row.name}")) for row in rows), beside


def _control_errors(rows: tuple[ControlRow, ...], found: Outcome) -> tuple[tuple[ControlRow, ...], bool]:
    match = CONTROL.match(found.where)
    if match is None:
        return rows, False
    number = int(match[1])
    return tuple(replace(row, error=found.error) if row.number == number else row for row in rows), number < len(rows)


def pools(risk: Risk) -> Iterator[Pool]:
    """Yield what several people's estimates come to, as the page says where they are compared and used."""
    for one in estimating.questions(risk, "linear", "given"):
        if one.pool is None or len(one.estimates) < 2:
            continue
        people = ", ".join(str(estimate.owner) for estimate in one.estimates)
        says = wording.how(one.input.path, one.pool.fitted, risk.currency)
        yield Pool(one.input.label, people, says, f"{risk.get_absolute_url()}estimates/")
