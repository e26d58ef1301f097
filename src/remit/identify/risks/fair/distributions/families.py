"""Which distributions there are, by which parameters each may be given, and what these must satisfy."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Final

from remit.identify.risks.fair.distributions.base import Distribution, Real, plain, real
from remit.identify.risks.fair.distributions.calibration import beta_from_interval, pert_from_interval
from remit.identify.risks.fair.distributions.given import Constant
from remit.identify.risks.fair.distributions.positive import Z90, Exponential, Gamma, Lognormal, Normal
from remit.identify.risks.fair.distributions.ranged import Beta, Pert, Triangular, Uniform


@dataclass(frozen=True)
class Form:
    """One way to give a distribution: its parameters, their order from small to large, and which are above 0.

    `build` takes `needs` and then `defaults`, in this order.
    """

    build: Callable[..., Distribution]
    needs: tuple[str, ...]
    ascending: tuple[str, ...] = ()
    strictly: bool = True  # ascending without equals; else only the first must be below the last
    positive: tuple[str, ...] = ()
    defaults: Mapping[str, float] = field(default_factory=dict)
    solved: bool = False  # by iteration, hence from numbers only


def _lognormal_80(p10: Real, p90: Real) -> Lognormal:
    return Lognormal.from_interval(p10, p90, Z90)


def _normal_80(p10: Real, p90: Real) -> Normal:
    return Normal.from_interval(p10, p90, Z90)


def _exponential_of_rate(rate: Real) -> Exponential:
    return Exponential(plain(1 / real(rate)))


def _beta_80(p10: float, p90: float, low: float, high: float) -> Beta:
    return beta_from_interval(p10, p90, low, high, 0.1)


def _pert_80(p10: float, mode: float, p90: float, gamma: float) -> Pert:
    return pert_from_interval(p10, mode, p90, gamma, 0.1)


_ENDS: Final = {"low": 0.0, "high": 1.0}
_GAMMA: Final = {"gamma": 4.0}

FAMILIES: Final[Mapping[str, tuple[Form, ...]]] = {
    "lognormal": (
        Form(Lognormal.from_interval, ("p05", "p95"), ("p05", "p95"), positive=("p05",)),
        Form(_lognormal_80, ("p10", "p90"), ("p10", "p90"), positive=("p10",)),
        Form(Lognormal.from_moments, ("mean", "sd"), positive=("mean", "sd")),
        Form(Lognormal, ("mu", "sigma"), positive=("sigma",)),
    ),
    "normal": (
        Form(Normal, ("mean", "sd"), positive=("sd",)),
        Form(Normal.from_interval, ("p05", "p95"), ("p05", "p95")),
        Form(_normal_80, ("p10", "p90"), ("p10", "p90")),
    ),
    "gamma": (
        Form(Gamma, ("shape", "scale"), positive=("shape", "scale")),
        Form(Gamma.from_moments, ("mean", "sd"), positive=("mean", "sd")),
    ),
    "exponential": (
        Form(Exponential, ("mean",), positive=("mean",)),
        Form(_exponential_of_rate, ("rate",), positive=("rate",)),
    ),
    "beta": (
        Form(
            Beta,
            ("alpha", "beta"),
            ("low", "high"),
            positive=("alpha", "beta"),
            defaults=_ENDS,
        ),
        Form(
            beta_from_interval,
            ("p05", "p95"),
            ("low", "p05", "p95", "high"),
            defaults=_ENDS,
            solved=True,
        ),
        Form(
            _beta_80,
            ("p10", "p90"),
            ("low", "p10", "p90", "high"),
            defaults=_ENDS,
            solved=True,
        ),
    ),
    "pert": (
        Form(
            Pert.from_mode,
            ("low", "mode", "high"),
            ("low", "mode", "high"),
            strictly=False,
            positive=("gamma",),
            defaults=_GAMMA,
        ),
        Form(
            pert_from_interval,
            ("p05", "mode", "p95"),
            ("p05", "mode", "p95"),
            positive=("gamma",),
            defaults=_GAMMA,
            solved=True,
        ),
        Form(
            _pert_80,
            ("p10", "mode", "p90"),
            ("p10", "mode", "p90"),
            positive=("gamma",),
            defaults=_GAMMA,
            solved=True,
        ),
    ),
    "triangular": (
        Form(
            Triangular,
            ("low", "mode", "high"),
            ("low", "mode", "high"),
            strictly=False,
        ),
    ),
    "uniform": (Form(Uniform, ("low", "high"), ("low", "high")),),
    "constant": (Form(Constant, ("value",)),),
}

NAMES: Final = (*FAMILIES, "empirical")
