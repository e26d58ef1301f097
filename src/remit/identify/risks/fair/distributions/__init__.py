"""Distributions of amounts, rates, probabilities and durations, and how they are read and written."""

from remit.identify.risks.fair.distributions.base import Distribution, FloatArray, Real, plain, real
from remit.identify.risks.fair.distributions.families import NAMES
from remit.identify.risks.fair.distributions.given import Constant, Empirical, Truncated
from remit.identify.risks.fair.distributions.positive import Z90, Z95, Exponential, Gamma, Lognormal, Normal
from remit.identify.risks.fair.distributions.ranged import Beta, Pert, Triangular, Uniform
from remit.identify.risks.fair.distributions.reading import Number, ends, read, read_distribution, read_fields, write
from remit.identify.risks.fair.distributions.uncertain import Uncertain

__all__ = [
    "NAMES",
    "Z90",
    "Z95",
    "Beta",
    "Constant",
    "Distribution",
    "Empirical",
    "Exponential",
    "FloatArray",
    "Gamma",
    "Lognormal",
    "Normal",
    "Number",
    "Pert",
    "Real",
    "Triangular",
    "Truncated",
    "Uncertain",
    "Uniform",
    "ends",
    "plain",
    "read",
    "read_distribution",
    "read_fields",
    "real",
    "write",
]
