"""The scenario set: what a file, the interface, the database and the editor say of risks. See docs/risk-engine.md."""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import cached_property
from typing import Final, Literal

import numpy as np

from remit.identify.risks import terms
from remit.identify.risks.fair.distributions import Distribution, FloatArray, Number, real

FORMS: Final = tuple(terms.FORMS)
EFFECTS: Final = terms.EFFECTS
DEPENDENCES: Final = ("independent", "one_factor", "gaussian", "t", "common_shock")


@dataclass(frozen=True)
class PoissonFrequency:
    """Events at a rate of `mean` a year."""

    mean: Number


@dataclass(frozen=True)
class NegativeBinomialFrequency:
    """Events in clusters: variance = mean + mean² / dispersion."""

    mean: Number
    dispersion: Number


@dataclass(frozen=True)
class BernoulliFrequency:
    """At most one event a year."""

    probability: Number


@dataclass(frozen=True)
class RoundedFrequency:
    """A continuous distribution, rounded to whole events."""

    distribution: Distribution


@dataclass(frozen=True)
class Contact:
    """Threat events derived: contacts a year, each followed by action with a probability."""

    contact_frequency: Number
    probability_of_action: Number


@dataclass(frozen=True)
class Strength:
    """Vulnerability derived: P(threat capability > resistance strength), on one scale."""

    threat_capability: Distribution
    resistance_strength: Distribution


CountFrequency = PoissonFrequency | NegativeBinomialFrequency | BernoulliFrequency | RoundedFrequency


@dataclass(frozen=True)
class ThreatFrequency:
    """Loss events derived: threat events, each of which becomes a loss with the vulnerability."""

    threat_event_frequency: CountFrequency | Contact
    vulnerability: Number | Strength


Frequency = CountFrequency | ThreatFrequency


@dataclass(frozen=True)
class Secondary:
    """Losses by the reaction of others: with this probability for each event; the magnitude, unless forms give it."""

    probability: Number
    magnitude: Distribution | None = None


@dataclass(frozen=True)
class Form:
    """One of the six forms of loss; with `per_day`, its amount is for each day that the event lasts."""

    name: str
    magnitude: Distribution
    kind: Literal["primary", "secondary"]
    per_day: bool = False


@dataclass(frozen=True)
class Control:
    """By how much (0 to 1) a control that works lowers each part, on which share, and how often it works."""

    id: str
    effect: tuple[tuple[str, Number], ...]
    coverage: Number = 1.0
    reliability: Number = 1.0


@dataclass(frozen=True)
class Insurance:
    """Of each event the part above the retention, up to the limit; all of a year's together up to the aggregate."""

    retention: float
    limit: float
    aggregate: float | None = None


@dataclass(frozen=True)
class Scenario:
    """One way to lose money: how often, how much, and what is done about it. Money in the set's currency."""

    id: str
    frequency: Frequency
    magnitude: Distribution | None = None
    secondary: Secondary | None = None
    forms: tuple[Form, ...] = ()
    duration: Distribution | None = None
    controls: tuple[Control, ...] = ()
    insurance: Insurance | None = None
    title: str = ""


@dataclass(frozen=True)
class Shock:
    """A common cause: `rate` times a year it hits all of these scenarios with one event each."""

    rate: float
    scenarios: tuple[str, ...]


@dataclass(frozen=True)
class Dependence:
    """How the scenarios' years hang together. Vectors and matrices are in the order of the scenarios."""

    kind: Literal["independent", "one_factor", "gaussian", "t", "common_shock"] = "independent"
    correlation: tuple[tuple[float, ...], ...] = ()
    degrees_of_freedom: float = 0.0
    loadings: tuple[float, ...] = ()
    beta: tuple[float, ...] = ()
    shocks: tuple[Shock, ...] = ()
    couples: Literal["counts", "annual_loss"] = "counts"
    repair: bool = False

    @cached_property
    def matrix(self) -> FloatArray:
        """The correlation matrix as an array."""
        return real(self.correlation) if self.correlation else np.zeros((0, 0))


@dataclass(frozen=True)
class ScenarioSet:
    """Scenarios of one organisation in one currency (ISO 4217; XXX: none said), and how they hang together."""

    scenarios: tuple[Scenario, ...]
    dependence: Dependence = Dependence()
    currency: str = "XXX"
    title: str = ""
    notes: tuple[str, ...] = field(default=(), compare=False)
