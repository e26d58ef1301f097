"""The scenario set as plain objects, which read back equal."""

from __future__ import annotations

from typing import Any

from remit.identify.risks.fair import distributions
from remit.identify.risks.fair.dependences import write_dependence
from remit.identify.risks.fair.model import (
    BernoulliFrequency,
    Contact,
    Control,
    Dependence,
    Form,
    Frequency,
    Insurance,
    NegativeBinomialFrequency,
    PoissonFrequency,
    RoundedFrequency,
    Scenario,
    ScenarioSet,
    Strength,
    ThreatFrequency,
)

number = distributions.write


def write(found: ScenarioSet) -> dict[str, Any]:
    """The set as an object of lists, texts and numbers; what equals its default is left out."""
    written: dict[str, Any] = {"currency": found.currency}
    if found.title:
        written["title"] = found.title
    written["scenarios"] = [write_scenario(scenario) for scenario in found.scenarios]
    if found.dependence != Dependence():
        written["dependence"] = write_dependence(found.dependence, [scenario.id for scenario in found.scenarios])
    return written


def write_scenario(found: Scenario) -> dict[str, Any]:
    """One scenario as an object."""
    written: dict[str, Any] = {"id": found.id}
    if found.title:
        written["title"] = found.title
    written["frequency"] = write_frequency(found.frequency)
    if found.magnitude is not None:
        written["magnitude"] = number(found.magnitude)
    if found.secondary is not None:
        written["secondary"] = {"probability": number(found.secondary.probability)}
        if found.secondary.magnitude is not None:
            written["secondary"]["magnitude"] = number(found.secondary.magnitude)
    if found.forms:
        written["forms"] = {form.name: _form(form) for form in found.forms}
    if found.duration is not None:
        written["duration"] = number(found.duration)
    if found.controls:
        written["controls"] = [_control(control) for control in found.controls]
    if found.insurance is not None:
        written["insurance"] = _insurance(found.insurance)
    return written


def write_frequency(found: Frequency | Contact) -> dict[str, Any]:
    """A count distribution, or the part of the tree that it follows from."""
    match found:
        case PoissonFrequency(mean):
            return {"distribution": "poisson", "mean": number(mean)}
        case NegativeBinomialFrequency(mean, dispersion):
            return {"distribution": "negative_binomial", "mean": number(mean), "dispersion": number(dispersion)}
        case BernoulliFrequency(probability):
            return {"distribution": "bernoulli", "probability": number(probability)}
        case RoundedFrequency(distribution):
            return number(distribution) | {"rounded": True}  # type: ignore[no-any-return]
        case Contact(contacts, action):
            return {"contact_frequency": number(contacts), "probability_of_action": number(action)}
        case ThreatFrequency(events, vulnerability):
            return {"threat_event_frequency": write_frequency(events), "vulnerability": _vulnerability(vulnerability)}


def _vulnerability(found: distributions.Number | Strength) -> Any:
    if not isinstance(found, Strength):
        return number(found)
    return {
        "threat_capability": number(found.threat_capability),
        "resistance_strength": number(found.resistance_strength),
    }


def _form(found: Form) -> dict[str, Any]:
    written: dict[str, Any] = number(found.magnitude) | {"kind": found.kind}
    return written | ({"per_day": True} if found.per_day else {})


def _control(found: Control) -> dict[str, Any]:
    written: dict[str, Any] = {"id": found.id, "effect": {name: number(value) for name, value in found.effect}}
    if found.coverage != 1.0:
        written["coverage"] = number(found.coverage)
    if found.reliability != 1.0:
        written["reliability"] = number(found.reliability)
    return written


def _insurance(found: Insurance) -> dict[str, float]:
    written = {"retention": found.retention, "limit": found.limit}
    return written | ({"aggregate": found.aggregate} if found.aggregate is not None else {})
