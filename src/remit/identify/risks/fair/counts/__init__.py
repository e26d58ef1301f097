"""Distributions of a number of events a year.

Parameters are floats, or arrays of one number a simulated year; `pmf`, `quantile`, `p_zero` and `sample` broadcast.
"""

from remit.identify.risks.fair.counts.base import ComplexArray, Count
from remit.identify.risks.fair.counts.derived import Mixed, Rounded
from remit.identify.risks.fair.counts.laws import Bernoulli, NegativeBinomial, Poisson

__all__ = ["Bernoulli", "ComplexArray", "Count", "Mixed", "NegativeBinomial", "Poisson", "Rounded"]
