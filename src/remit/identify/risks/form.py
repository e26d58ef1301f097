"""The editor's form: a scenario as fields that people fill in, and what they sent as a scenario again.

Plain values. The name of a field is the path of what it says in the scenario, as `fair.InputError` names places too
("frequency.mean.p05", "controls[0].effect.frequency"), so that an error finds its field. `.kind` chooses how a value is
given; what no choice fits is kept as JSON.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from typing import Any, Final

from remit.identify.risks.inputs import COUNTS, Scenario
from remit.identify.risks.terms import EFFECTS, FORMS

FREQUENCIES: Final = {
    "poisson": "Loss events at a rate",
    "negative_binomial": "Loss events in clusters",
    "bernoulli": "At most once a year",
    "attempts": "Attempts, some succeed",
    "contacts": "Contacts, some act, some succeed",
    "json": "As JSON",
}
KINDS: Final[dict[str, tuple[str, tuple[str, ...]]]] = {
    "number": ("One number", ("value",)),
    "lognormal": ("Range, skewed", ("p05", "p95")),
    "lognormal10": ("Range, skewed (10–90)", ("p10", "p90")),
    "pert": ("Least, likely, most", ("low", "mode", "high")),
    "triangular": ("Triangle", ("low", "mode", "high")),
    "uniform": ("Anything between", ("low", "high")),
    "normal": ("Range, even", ("p05", "p95")),
    "share": ("Range of a share", ("p05", "p95")),
    "beta": ("Beta", ("alpha", "beta")),
    "gamma": ("Gamma", ("shape", "scale")),
    "exponential": ("Exponential", ("mean",)),
    "json": ("As JSON", ("text",)),
}
"""How a value may be given: its name, and the parameters to fill in."""
DEFAULT: Final = {"distribution": "poisson", "mean": ""}
Data = Mapping[str, str]


# From a scenario to fields.


def fields(scenario: Mapping[str, Any]) -> dict[str, str]:
    """Return a scenario as the fields of the form; reading them gives it back."""
    found: dict[str, str] = {}
    found |= _frequency_fields(scenario.get("frequency") or DEFAULT)
    forms = scenario.get("forms") or {}
    found["loss"] = "forms" if forms else "sum"
    if scenario.get("magnitude") is not None or not forms:
        found |= _value_fields("magnitude", scenario.get("magnitude"))
    for name, value in forms.items():
        found[f"forms.{name}.part"] = value.get("kind", "primary")
        found[f"forms.{name}.per_day"] = "true" if value.get("per_day") else ""
        bare = {key: number for key, number in value.items() if key not in {"kind", "per_day"}}
        found |= _value_fields(f"forms.{name}", bare)
    if scenario.get("duration") is not None:
        found |= _value_fields("duration", scenario["duration"])
    if secondary := scenario.get("secondary"):
        found["secondary"] = "true"
        found |= _value_fields("secondary.probability", secondary.get("probability"))
        if secondary.get("magnitude") is not None:
            found |= _value_fields("secondary.magnitude", secondary["magnitude"])
    for place, control in enumerate(scenario.get("controls") or ()):
        base = f"controls[{place}]"
        found[f"{base}.id"] = str(control.get("id", ""))
        for effect, value in (control.get("effect") or {}).items():
            found[f"{base}.effect.{effect}"] = _text(value)
        for key in ("coverage", "reliability"):
            if control.get(key) is not None:
                found[f"{base}.{key}"] = _text(control[key])
    for key, value in (scenario.get("insurance") or {}).items():
        found[f"insurance.{key}"] = _text(value)
    return found


def _frequency_fields(found: Any) -> dict[str, str]:
    if not isinstance(found, Mapping):
        return {"frequency.form": "poisson", **_value_fields("frequency.mean", found)}
    if "threat_event_frequency" in found:
        base, events = "frequency.threat_event_frequency", found["threat_event_frequency"]
        said = _value_fields("frequency.vulnerability", found.get("vulnerability"))
        if isinstance(events, Mapping) and "contact_frequency" in events:
            said |= {"frequency.form": "contacts"}
            for key in ("contact_frequency", "probability_of_action"):
                said |= _value_fields(f"{base}.{key}", events.get(key))
            return said
        if isinstance(events, Mapping) and set(events) != {"distribution", "mean"}:
            return {"frequency.form": "json", "frequency.text": json.dumps(dict(found))}
        mean = events.get("mean") if isinstance(events, Mapping) else events
        return said | {"frequency.form": "attempts", **_value_fields(f"{base}.mean", mean)}
    kind = str(found.get("distribution"))
    names = COUNTS.get(kind)
    if names is None:
        return {"frequency.form": "json", "frequency.text": json.dumps(dict(found))}
    said = {"frequency.form": kind}
    for name in names:
        said |= _value_fields(f"frequency.{name}", found.get(name))
    return said


def _value_fields(path: str, value: Any) -> dict[str, str]:
    """Return a number or a distribution as the fields of its widget."""
    if value in (None, ""):
        return {}
    if not isinstance(value, Mapping):
        return {f"{path}.kind": "number", f"{path}.value": _text(value)}
    kind, rest = str(value.get("distribution")), {k: v for k, v in value.items() if k != "distribution"}
    if kind == "constant" and set(rest) == {"value"}:
        return {f"{path}.kind": "number", f"{path}.value": _text(rest["value"])}
    kind = {("lognormal", "p90"): "lognormal10", ("beta", "p95"): "share"}.get((kind, max(rest, default="")), kind)
    plain = all(isinstance(number, int | float) for number in rest.values())
    if kind in KINDS and kind != "number" and plain and set(rest) == set(KINDS[kind][1]):
        return {f"{path}.kind": kind, **{f"{path}.{key}": _text(number) for key, number in rest.items()}}
    return {f"{path}.kind": "json", f"{path}.text": json.dumps(dict(value))}


def _text(value: Any) -> str:
    if isinstance(value, bool) or not isinstance(value, int | float):
        return value if isinstance(value, str) else json.dumps(value)
    return f"{value:.12g}"


# From fields to a scenario.


def scenario(data: Data) -> Scenario:
    """Return what was sent as a scenario; what is no number stays text, which the engine then refuses at its place."""
    said: Scenario = {"frequency": _frequency(data)}
    if data.get("loss") == "forms":
        forms = {name: _form(data, name) for name in FORMS if data.get(f"forms.{name}.part")}
        said["forms"] = forms
        if not any(form["kind"] == "primary" for form in forms.values()):
            said["magnitude"] = value(data, "magnitude")
    else:
        said["magnitude"] = value(data, "magnitude")
    duration = value(data, "duration")
    if duration is not None:
        said["duration"] = duration
    if data.get("secondary"):
        second = {key: value(data, f"secondary.{key}") for key in ("probability", "magnitude")}
        said["secondary"] = {key: found for key, found in second.items() if found is not None}
    if controls := list(_controls(data)):
        said["controls"] = controls
    cover = {key: _given(data.get(f"insurance.{key}")) for key in ("retention", "limit", "aggregate")}
    if cover["limit"] is not None or cover["retention"] is not None:
        said["insurance"] = {key: found for key, found in cover.items() if found is not None}
    return {key: found for key, found in said.items() if found is not None}


def _frequency(data: Data) -> Any:
    form = data.get("frequency.form", "poisson")
    base = "frequency.threat_event_frequency"
    if form == "json":
        return _given(data.get("frequency.text"))
    if form == "attempts":
        events: Any = {"distribution": "poisson", "mean": value(data, f"{base}.mean")}
        return {"threat_event_frequency": events, "vulnerability": value(data, "frequency.vulnerability")}
    if form == "contacts":
        events = {key: value(data, f"{base}.{key}") for key in ("contact_frequency", "probability_of_action")}
        return {"threat_event_frequency": events, "vulnerability": value(data, "frequency.vulnerability")}
    kind = form if form in COUNTS else "poisson"
    return {"distribution": kind, **{name: value(data, f"frequency.{name}") for name in COUNTS[kind]}}


def _form(data: Data, name: str) -> dict[str, Any]:
    found = value(data, f"forms.{name}")
    if not isinstance(found, dict):
        found = {"distribution": "constant", "value": found}
    part = "secondary" if data.get(f"forms.{name}.part") == "secondary" else "primary"
    return found | {"kind": part} | ({"per_day": True} if data.get(f"forms.{name}.per_day") else {})


def _controls(data: Data) -> Iterator[dict[str, Any]]:
    place = 0
    while f"controls[{place}].id" in data:
        base = f"controls[{place}]"
        place += 1
        if not (name := data[f"{base}.id"].strip()):
            continue
        effect = {e: found for e in EFFECTS if (found := _given(data.get(f"{base}.effect.{e}"))) is not None}
        beside = {
            key: found
            for key in ("coverage", "reliability")
            if (found := _given(data.get(f"{base}.{key}"))) is not None
        }
        yield {"id": name, "effect": effect, **beside}


def value(data: Data, path: str) -> Any:
    """Read one widget: a number, a distribution, or None where nothing was filled in."""
    kind = data.get(f"{path}.kind", "")
    if kind not in KINDS:
        return None
    said = {key: data.get(f"{path}.{key}", "").strip() for key in KINDS[kind][1]}
    if not any(said.values()):
        return None
    if kind == "number":
        return _given(said["value"])
    if kind == "json":
        return _given(said["text"])
    named = {"lognormal10": "lognormal", "share": "beta"}.get(kind, kind)
    return {"distribution": named} | {key: _given(text) for key, text in said.items()}


def _given(text: str | None) -> Any:
    """Read a number as people write it (1,000,000 or 1.2e6, 35 % or 2.5 M), else JSON, else leave it as it is."""
    if text is None or not (said := text.strip()):
        return None
    size = {"%": 0.01, "k": 1e3, "m": 1e6}.get(said[-1].lower(), 1.0)
    bare = said[:-1].strip() if size != 1.0 else said
    try:
        return round(float(bare.replace(",", "").replace("\u00a0", "").replace(" ", "")) * size, 12)
    except ValueError:
        pass
    try:
        return json.loads(said)
    except ValueError:
        return said
