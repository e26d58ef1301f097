"""The Open FAIR tree resolved: from a scenario to a count of events and the loss of one event.

Source: The Open Group, Risk Taxonomy (O-RT) 3.0.1 and Risk Analysis (O-RA) 2.0.1. Frequency controls thin events, they
never scale losses; effects of several controls multiply, each 1 − effect × coverage × reliability, so that one more
control never raises the risk.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, fields, replace
from functools import cached_property, lru_cache
from typing import Final

import numpy as np
from scipy import special

from remit.identify.risks.fair.counts import Bernoulli, Count, Mixed, NegativeBinomial, Poisson, Rounded
from remit.identify.risks.fair.distributions import Distribution, FloatArray, Number, Real, Uncertain, plain, real
from remit.identify.risks.fair.model import (
    BernoulliFrequency,
    Contact,
    CountFrequency,
    Insurance,
    NegativeBinomialFrequency,
    PoissonFrequency,
    Scenario,
    Strength,
    ThreatFrequency,
)
from remit.identify.risks.fair.quadrature import nodes, quasirandom
from remit.identify.risks.fair.severity import Piece, Severity

Lookup = Callable[[str, Number], Real]
"""The value of an input: its number, or for a distribution what was drawn for its path."""

_PARTS: Final = 96
"""So many conditional counts stand for an uncertain one that hangs on several inputs."""


@dataclass(frozen=True)
class Resolved:
    """A scenario without uncertain inputs: numbers, or arrays of one number a year (or event)."""

    frequency: Count
    severity: Severity
    insurance: Insurance | None

    @property
    def pieces(self) -> tuple[Piece, ...]:
        """What one event's loss is made of."""
        return self.severity.pieces

    @property
    def mean(self) -> Real:
        """Mean annual loss before insurance."""
        return plain(real(self.frequency.mean) * self.severity.mean)

    @property
    def variance(self) -> Real:
        """Variance of the annual loss before insurance: E[N]·Var[X] + Var[N]·E[X]²."""
        mean, variance = self.severity.moments()
        return plain(real(self.frequency.mean) * variance + real(self.frequency.variance) * real(mean) ** 2)


@dataclass(frozen=True)
class Compiled:
    """A scenario with its uncertain inputs by path; `given` resolves it for values of these."""

    scenario: Scenario

    @cached_property
    def inputs(self) -> dict[str, Distribution]:
        """Each uncertain number by its path in the scenario, as `frequency.mean`: drawn once per simulated year."""
        return self.frequency_inputs | self.severity_inputs

    @cached_property
    def frequency_inputs(self) -> dict[str, Distribution]:
        """The uncertain inputs on which the number of events hangs."""
        return _inputs(self.scenario, _frequency)

    @cached_property
    def severity_inputs(self) -> dict[str, Distribution]:
        """The uncertain inputs on which the loss of an event hangs; some may be among those of the frequency too."""
        return _inputs(self.scenario, _severity)

    @property
    def uncertain(self) -> bool:
        """Whether anything is drawn once per year."""
        return bool(self.inputs)

    @property
    def insurance(self) -> Insurance | None:
        """The cover of this scenario."""
        return self.scenario.insurance

    def draw(self, rng: np.random.Generator, years: int) -> dict[str, FloatArray]:
        """One value a year for each uncertain input, in the order of `inputs`."""
        return {path: value.sample(rng, years) for path, value in self.inputs.items()}

    def given(self, draws: Mapping[str, Real]) -> Resolved:
        """The scenario with these values (single, or arrays of one a year or event) for its uncertain inputs."""

        def drawn(path: str, value: Number) -> Real:
            return draws[path] if isinstance(value, Distribution) else value

        return Resolved(_frequency(self.scenario, drawn), _severity(self.scenario, drawn), self.insurance)

    def frequency_given(self, draws: Mapping[str, Real]) -> Count:
        """The count of events alone, with these values for its uncertain inputs."""
        return _frequency(self.scenario, lambda path, value: draws[path] if isinstance(value, Distribution) else value)

    @cached_property
    def fixed(self) -> Resolved:
        """The scenario where nothing is uncertain; with uncertain inputs, at their medians."""
        return self.given({path: plain(value.quantile(0.5)) for path, value in self.inputs.items()})

    @property
    def severity(self) -> Severity:
        """The loss of one event (at the medians of uncertain inputs)."""
        return self.fixed.severity

    @cached_property
    def frequency(self) -> Count:
        """The count of events of any year; a mixture where its rate is uncertain."""
        return self._frequency_given_some({})

    def given_some(self, draws: Mapping[str, float]) -> Resolved:
        """The scenario with these values for the inputs of its magnitudes, whatever the others may be."""
        severity = _severity(
            self.scenario, lambda path, value: draws[path] if isinstance(value, Distribution) else value
        )
        return Resolved(self._frequency_given_some(draws), severity, self.insurance)

    def _frequency_given_some(self, draws: Mapping[str, float]) -> Count:
        open_ = {path: value for path, value in self.frequency_inputs.items() if path not in draws}
        if not open_:
            return self.frequency_given(draws)
        weights, points = mixture(open_, step=0.5 if draws else 0.25)
        return _mixed(self.frequency_given({**points, **draws}), weights)

    @cached_property
    def moments(self) -> tuple[float, float]:
        """Mean and variance of the annual loss before insurance, uncertain inputs included."""
        if not self.uncertain:
            return float(self.fixed.mean), float(self.fixed.variance)
        weights, points = mixture(self.inputs)
        resolved = self.given(points)
        means = real(resolved.mean) + np.zeros(len(weights))
        mean = float(weights @ means)
        within = float(weights @ (real(resolved.variance) + np.zeros(len(weights))))
        return mean, within + float(weights @ (means - mean) ** 2)


def _inputs(scenario: Scenario, walk: Callable[[Scenario, Lookup], object]) -> dict[str, Distribution]:
    """The uncertain numbers that a walk over the scenario looks up, by path."""
    found: dict[str, Distribution] = {}

    def noted(path: str, value: Number) -> Real:
        if not isinstance(value, Distribution):
            return value
        found[path] = value
        return plain(value.quantile(0.5))

    walk(scenario, noted)
    return found


def compiled(scenario: Scenario) -> Compiled:
    """The scenario ready for calculation."""
    return Compiled(scenario)


def mixture(
    inputs: Mapping[str, Distribution], points: int = 4096, step: float = 0.125
) -> tuple[FloatArray, dict[str, FloatArray]]:
    """Weights that add up to 1 and values of uncertain inputs, so that Σ weight · f(values) is the mean of f.

    For one or two inputs by the trapezoidal rule (close to exact), for more by evenly spread points.
    """
    uniforms, weights = nodes(step if len(inputs) == 1 else 0.25)
    if len(inputs) == 1:
        grid = uniforms[:, None]
    elif len(inputs) == 2:
        first, second = np.meshgrid(uniforms, uniforms, indexing="ij")
        grid, weights = np.column_stack((first.ravel(), second.ravel())), np.outer(weights, weights).ravel()
    else:
        grid, weights = quasirandom(points, len(inputs)), np.full(points, 1 / points)
    return weights, {path: value.quantile(grid[:, place]) for place, (path, value) in enumerate(inputs.items())}


@lru_cache(maxsize=4096)
def vulnerability(strength: Strength) -> float:
    """P(threat capability > resistance strength), by quadrature between the ends of both (error below 1e-6)."""
    capability, resistance = strength.threat_capability, strength.resistance_strength
    if capability.atoms is not None:
        values, shares = capability.atoms
        return float(shares @ resistance.cdf(np.nextafter(values, -np.inf)))
    if resistance.atoms is not None:
        values, shares = resistance.atoms
        return float(shares @ (1 - capability.cdf(values)))
    corners = [float(capability.cdf(float(end))) for end in resistance.support if np.isfinite(float(end))]
    edges = np.unique(np.clip([0.0, *corners, 1.0], 0.0, 1.0))
    uniforms, weights = nodes(0.02)
    spans = np.diff(edges)
    points = capability.quantile(edges[:-1, None] + spans[:, None] * uniforms)
    return float(np.clip(spans @ (resistance.cdf(points) @ weights), 0.0, 1.0))


def _frequency(scenario: Scenario, at: Lookup) -> Count:
    frequency, path = scenario.frequency, "frequency"
    if not isinstance(frequency, ThreatFrequency):
        return _count(frequency, path, at).thinned(_remaining(scenario, ("frequency", "vulnerability"), at))
    events = frequency.threat_event_frequency
    if isinstance(events, Contact):
        below = f"{path}.threat_event_frequency"
        contacts = at(f"{below}.contact_frequency", events.contact_frequency)
        count: Count = Poisson(contacts).thinned(at(f"{below}.probability_of_action", events.probability_of_action))
    else:
        count = _count(events, f"{path}.threat_event_frequency", at)
    susceptible = (
        vulnerability(frequency.vulnerability)
        if isinstance(frequency.vulnerability, Strength)
        else at(f"{path}.vulnerability", frequency.vulnerability)
    )
    return count.thinned(plain(real(susceptible) * _remaining(scenario, ("frequency", "vulnerability"), at)))


def _count(frequency: CountFrequency, path: str, at: Lookup) -> Count:
    match frequency:
        case PoissonFrequency(mean):
            return Poisson(at(f"{path}.mean", mean))
        case NegativeBinomialFrequency(mean, dispersion):
            return NegativeBinomial(at(f"{path}.mean", mean), at(f"{path}.dispersion", dispersion))
        case BernoulliFrequency(probability):
            return Bernoulli(at(f"{path}.probability", probability))
        case _:
            return Rounded(frequency.distribution)


def _remaining(scenario: Scenario, names: tuple[str, ...], at: Lookup) -> Real:
    """What controls leave of these parts: Π (1 − effect × coverage × reliability)."""
    left = real(1.0)
    for place, control in enumerate(scenario.controls):
        path = f"controls[{place}]"
        for name, effect in control.effect:
            if name in names:
                works = real(at(f"{path}.coverage", control.coverage)) * at(f"{path}.reliability", control.reliability)
                left = left * (1 - works * at(f"{path}.effect.{name}", effect))
    return plain(left)


def _severity(scenario: Scenario, at: Lookup) -> Severity:
    factor = _remaining(scenario, ("magnitude",), at)
    chance: Real = 1.0
    pieces = []
    if scenario.magnitude is not None:
        pieces.append(Piece(1.0, _at(scenario.magnitude, "magnitude", at), factor))
    if scenario.secondary is not None:
        chance = at("secondary.probability", scenario.secondary.probability)
        if scenario.secondary.magnitude is not None:
            amount = _at(scenario.secondary.magnitude, "secondary.magnitude", at)
            pieces.append(Piece(chance, amount, factor, branch=1))
    for form in scenario.forms:
        second = form.kind == "secondary"
        amount = _at(form.magnitude, f"forms.{form.name}", at)
        pieces.append(Piece(chance if second else 1.0, amount, factor, int(second), form.per_day))
    days = None if scenario.duration is None else _at(scenario.duration, "duration", at)
    return Severity(tuple(pieces), days, _remaining(scenario, ("duration",), at))


def _at(found: Distribution, path: str, at: Lookup) -> Distribution:
    """The distribution with values in place of its uncertain parameters."""
    if not isinstance(found, Uncertain):
        return found
    return found.at({key: at(f"{path}.{key}", value) for key, value in found.inputs.items()})


def _mixed(count: Count, weights: FloatArray) -> Mixed:
    """A count with arrays as parameters as a mixture, of at most so many parts as are quick to transform.

    Neighbours by mean are put together with the average of their parameters, in cells that are finer in the tails.
    """
    values = {part.name: getattr(count, part.name) for part in fields(count)}
    arrays = {name: value + np.zeros(len(weights)) for name, value in values.items() if isinstance(value, np.ndarray)}
    order = np.argsort(real(count.mean) + np.zeros(len(weights)), kind="stable")
    cells = np.arange(len(weights))
    if len(weights) > _PARTS:
        middles = np.cumsum(weights[order]) - weights[order] / 2
        cells = np.floor(special.ndtri(np.clip(middles, 1e-16, 1 - 1e-16)) * _PARTS / 12).astype(np.int64)
        cells = np.unique(cells, return_inverse=True)[1]
    shares = np.bincount(cells, weights[order])
    merged = {name: np.bincount(cells, (weights * value)[order]) / shares for name, value in arrays.items()}
    parts = [
        replace(count, **{name: float(value[place]) for name, value in merged.items()}) for place in range(len(shares))
    ]
    return Mixed(tuple((shares / shares.sum()).tolist()), tuple(parts))
