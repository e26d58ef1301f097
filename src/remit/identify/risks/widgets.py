"""What the editor's page shows of the form: each input as it is given, with what is wrong beside it. Plain values."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Final

from remit.identify.risks.form import KINDS, Data
from remit.identify.risks.terms import FORMS

WORDS: Final = {
    "value": "Value",
    "p05": "5 % below",
    "p95": "5 % above",
    "p10": "10 % below",
    "p90": "10 % above",
    "low": "Least",
    "mode": "Likely",
    "high": "Most",
    "mean": "Mean",
    "alpha": "Alpha",
    "beta": "Beta",
    "shape": "Shape",
    "scale": "Scale",
    "text": "JSON",
}


@dataclass(frozen=True, slots=True)
class Blank:
    """One number or text to fill in."""

    name: str
    label: str
    value: str


@dataclass(frozen=True, slots=True)
class Widget:
    """One input of the scenario: how it is given, and the numbers of that."""

    path: str
    label: str
    unit: str
    kinds: tuple[tuple[str, str, bool], ...]
    blanks: tuple[Blank, ...]
    error: str = ""
    help: str = ""


@dataclass(frozen=True, slots=True)
class ControlRow:
    """One control of the scenario."""

    number: int
    id: str
    blanks: tuple[Blank, ...]
    error: str = ""


@dataclass(frozen=True, slots=True)
class FormRow:
    """One of the six forms of loss: whether it is part of the first loss or of the reaction, and per day."""

    name: str
    label: str
    kind: str
    per_day: bool
    widget: Widget | None


def widget(data: Data, path: str, label: str, *, unit: str = "", sums: bool = False, help: str = "") -> Widget:
    """Lay out one input as it was filled in; `sums` begins with a range, anything else with one number."""
    kind = data.get(f"{path}.kind", "")
    kind = kind if kind in KINDS else "lognormal" if sums else "number"
    blanks = tuple(Blank(f"{path}.{key}", WORDS[key], data.get(f"{path}.{key}", "")) for key in KINDS[kind][1])
    kinds = tuple((name, words, name == kind) for name, (words, _) in KINDS.items())
    return Widget(path, label, unit, kinds, blanks, help=help)


def frequency_widgets(data: Data) -> tuple[Widget, ...]:
    """Return the inputs of how often, as the chosen form has them."""
    base = "frequency.threat_event_frequency"
    vulnerable = widget(data, "frequency.vulnerability", "Of these succeed", unit="share", help="0.05 or 5 %")
    form = data.get("frequency.form", "poisson")
    if form == "json":
        kinds = (("json", "As JSON", True),)
        return (
            Widget(
                "frequency", "Frequency", "", kinds, (Blank("frequency.text", "JSON", data.get("frequency.text", "")),)
            ),
        )
    if form == "attempts":
        return (widget(data, f"{base}.mean", "Attempts", unit="a year"), vulnerable)
    if form == "contacts":
        return (
            widget(data, f"{base}.contact_frequency", "Contacts", unit="a year"),
            widget(data, f"{base}.probability_of_action", "Of these act", unit="share"),
            vulnerable,
        )
    if form == "bernoulli":
        return (widget(data, "frequency.probability", "Probability", unit="in a year"),)
    events = widget(data, "frequency.mean", "Loss events", unit="a year")
    if form == "negative_binomial":
        clusters = widget(data, "frequency.dispersion", "Dispersion", help="Small: they come in clusters.")
        return (events, clusters)
    return (events,)


def form_rows(data: Data) -> tuple[FormRow, ...]:
    rows = []
    for name, label in FORMS.items():
        part = data.get(f"forms.{name}.part", "")
        found = widget(data, f"forms.{name}", label, sums=True) if part else None
        rows.append(FormRow(name, label, part, bool(data.get(f"forms.{name}.per_day")), found))
    return tuple(rows)


def control_rows(data: Data) -> tuple[ControlRow, ...]:
    """Return the controls that were filled in, and an empty one to fill in."""
    rows, place, shown = [], 0, 0
    names = (
        "effect.frequency",
        "effect.vulnerability",
        "effect.magnitude",
        "effect.duration",
        "coverage",
        "reliability",
    )
    labels = ("Fewer events", "Harder to succeed", "Smaller losses", "Shorter", "Covers", "Works")
    while True:
        base, known = f"controls[{place}]", f"controls[{place}].id" in data
        given = data.get(f"{base}.id", "")
        if known and not given.strip():
            place += 1
            continue
        here = f"controls[{shown}]"
        blanks = tuple(
            Blank(f"{here}.{name}", label, data.get(f"{base}.{name}", ""))
            for name, label in zip(names, labels, strict=True)
        )
        rows.append(ControlRow(shown, given, blanks))
        if not known:
            return tuple(rows)
        place, shown = place + 1, shown + 1


def placed(widgets: tuple[Widget, ...], where: str, says: str) -> tuple[tuple[Widget, ...], bool]:
    """Put an error beside the widget it is about; the second value says whether one was found."""
    best = max((w.path for w in widgets if where == w.path or where.startswith(f"{w.path}.")), key=len, default="")
    return tuple(replace(w, error=says) if w.path == best else w for w in widgets), bool(best)
