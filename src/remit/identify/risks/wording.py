"""A scenario in words, so that whoever reads a risk can object to a number without reading JSON."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any, Final

from remit.identify.risks.inputs import inputs
from remit.identify.risks.rules import money

SHARES: Final = {"vulnerability", "probability", "probability_of_action", "coverage", "reliability"}
"""Inputs that are read as per cent."""


def amount(value: Any, currency: str) -> str:
    """Say a sum, or a distribution of sums: "100 k to 1 M EUR"."""
    return _said(value, money, currency)


def share(value: Any) -> str:
    """Say a share, or a distribution of shares, in per cent."""
    return _said(value, per_cent)


def plain(value: Any, unit: str = "") -> str:
    """Say a number, or a distribution of numbers."""
    return _said(value, lambda number: f"{number:,.4g}", unit)


def per_cent(number: float) -> str:
    return f"{100 * number:.3g} %"


def _said(value: Any, show: Any, unit: str = "") -> str:
    if isinstance(value, int | float) and not isinstance(value, bool):
        return f"{show(value)} {unit}".strip()
    if not isinstance(value, Mapping):
        return "not said"
    found = {key: number for key, number in value.items() if isinstance(number, int | float)}
    text = _range(str(value.get("distribution", "")), found, show)
    if text is None:
        return f"a {str(value.get('distribution', 'distribution')).replace('_', ' ')} distribution"
    return f"{text} {unit}".strip()


def _range(kind: str, found: Mapping[str, float], show: Any) -> str | None:
    """Say the ends of a distribution, and its middle where somebody gave one."""
    for low, high in (("p05", "p95"), ("p10", "p90"), ("low", "high")):
        if low in found and high in found:
            middle = f", most likely {show(found['mode'])}" if "mode" in found else ""
            return f"{show(found[low])} to {show(found[high])}{middle}"
    if kind == "constant" and "value" in found:
        return str(show(found["value"]))
    if kind == "beta" and {"alpha", "beta"} <= found.keys():
        return f"about {show(found['alpha'] / (found['alpha'] + found['beta']))}"
    if kind == "gamma" and {"shape", "scale"} <= found.keys():
        return f"about {show(found['shape'] * found['scale'])}"
    if "mean" in found:
        spread = f", give or take {show(found['sd'])}" if "sd" in found else ""
        return f"about {show(found['mean'])}{spread}"
    return None


def how(path: str, value: Any, currency: str) -> str:
    """Say the value of an input as fits it: a share, a sum, or a number."""
    last = path.rpartition(".")[2]
    if last in SHARES or ".effect." in path:
        return share(value)
    if path == "duration":
        return plain(value, "days")
    if path.startswith(("magnitude", "secondary.magnitude", "forms.", "insurance.")):
        each = " a day" if isinstance(value, Mapping) and value.get("per_day") else ""
        return amount(value, currency) + each
    return plain(value)


def sentences(scenario: Mapping[str, Any], currency: str) -> Iterator[str]:
    """Say a scenario in a few sentences."""
    if not scenario:
        return
    found = inputs(scenario)
    said = {path: how(path, item.value, currency) for path, item in found.items()}
    yield _often(scenario.get("frequency"), said)
    if "magnitude" in said:
        yield f"One event costs {said['magnitude']}."
    for path, item in found.items():
        if path.startswith("forms."):
            yield f"{item.label}: {said[path]}."
    if "duration" in said:
        yield f"An event lasts {said['duration']}."
    if "secondary.probability" in said:
        more = f", and that costs {said['secondary.magnitude']} more" if "secondary.magnitude" in said else ""
        yield f"Others react with {said['secondary.probability']} probability{more}."
    for control in scenario.get("controls") or ():
        yield _works(control, said)
    if "insurance.limit" in said:
        own = said.get("insurance.retention", money(0, currency))
        yield f"Insurance pays beyond {own} up to {said['insurance.limit']} of each loss."


def _often(frequency: Any, said: Mapping[str, str]) -> str:
    if not isinstance(frequency, Mapping):
        return "How often it happens is not said."
    if "threat_event_frequency" in frequency:
        base = "frequency.threat_event_frequency"
        if f"{base}.contact_frequency" in said:
            act = said[f"{base}.probability_of_action"]
            often = f"{said[f'{base}.contact_frequency']} contacts a year, of which {act} act"
        else:
            rate = said.get(f"{base}.mean") or said.get(f"{base}.probability") or said.get(base, "not said")
            often = f"{rate} attempts a year"
        vulnerability = said.get("frequency.vulnerability")
        weak = (
            f"{vulnerability} of them succeed"
            if vulnerability
            else f"they succeed where capability ({said.get('frequency.vulnerability.threat_capability')}) is above "
            f"strength ({said.get('frequency.vulnerability.resistance_strength')})"
        )
        return f"Expect {often}; {weak}."
    if "frequency.probability" in said:
        return f"It happens at most once a year, with {said['frequency.probability']} probability."
    clustered = ", in clusters" if "frequency.dispersion" in said else ""
    return f"Expect {said.get('frequency.mean') or said.get('frequency', 'not said')} loss events a year{clustered}."


def _works(control: Mapping[str, Any], said: Mapping[str, str]) -> str:
    name = str(control.get("id"))
    words = {
        "frequency": "prevents {} of events",
        "vulnerability": "defeats {} of attempts",
        "magnitude": "takes {} off each loss",
        "duration": "shortens it by {}",
    }
    deeds = [
        words[effect].format(said[f"controls.{name}.effect.{effect}"])
        for effect in control.get("effect") or {}
        if effect in words
    ]
    reliable, covered = (said.get(f"controls.{name}.{key}") for key in ("reliability", "coverage"))
    reliable, covered = (None if part == per_cent(1.0) else part for part in (reliable, covered))
    beside = [f"covers {covered}" if covered else "", f"works {reliable} of the time" if reliable else ""]
    tail = f" ({'; '.join(filter(None, beside))})" if any(beside) else ""
    return f"{name} {' and '.join(deeds) or 'has no effect'}{tail}."
