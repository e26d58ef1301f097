"""Open FAIR in money: annual loss as a compound of events and magnitudes. A library of its own; docs/risk-engine.md.

Importing it loads NumPy and SciPy: do so where numbers are made, not where a process starts.
"""

from remit.identify.risks.fair.aggregates import Aggregate, aggregate, approximate
from remit.identify.risks.fair.errors import InputError
from remit.identify.risks.fair.model import Dependence, Scenario, ScenarioSet
from remit.identify.risks.fair.reading import loads, read, read_scenario
from remit.identify.risks.fair.results import Numbers, Result
from remit.identify.risks.fair.simulation import simulate
from remit.identify.risks.fair.tree import Compiled, compiled
from remit.identify.risks.fair.writing import write, write_scenario

__all__ = [
    "Aggregate",
    "Compiled",
    "Dependence",
    "InputError",
    "Numbers",
    "Result",
    "Scenario",
    "ScenarioSet",
    "aggregate",
    "approximate",
    "compiled",
    "loads",
    "read",
    "read_scenario",
    "simulate",
    "write",
    "write_scenario",
]
