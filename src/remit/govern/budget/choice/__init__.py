"""Which investments to make: the set that leaves the least annual loss within money, people and dependencies, proved.

Importable alone, without Django. `read` takes the JSON of docs/budget-choice.md; `choose` finds the set and proves it,
or gives the greedy one at once. NumPy and HiGHS are imported only when a search is asked for.
"""

from .choosing import Choice, Finalist, choose
from .errors import InputError
from .frontier import Change, Comparison, Point, change, compare, frontier
from .model import Candidate, Limit, Problem, Scenario
from .reading import read
from .sanity import Sanity, SetSanity, sanity, sanity_of_set

__all__ = [
    "Candidate",
    "Change",
    "Choice",
    "Comparison",
    "Finalist",
    "InputError",
    "Limit",
    "Point",
    "Problem",
    "Sanity",
    "Scenario",
    "SetSanity",
    "change",
    "choose",
    "compare",
    "frontier",
    "read",
    "sanity",
    "sanity_of_set",
]
