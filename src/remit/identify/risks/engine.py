"""The door to `fair`: JSON in, plain values out, and NumPy loaded only once somebody asks for a number."""

from __future__ import annotations

import copy
import json
from collections.abc import Callable, Mapping
from functools import lru_cache
from typing import TYPE_CHECKING, Any, Final

from remit import __version__

if TYPE_CHECKING:
    from remit.identify.risks.fair import Scenario

VERSION: Final = f"remit {__version__}"
TRIALS: Final = 1_000_000
SEED: Final = 1
POINTS: Final = 2**16
QUICK: Final = 2**14
"""Grids: of what is kept, and of what follows typing (relative errors of some 1e-4 in quantiles)."""
FALLBACK: Final = 200_000
"""Years drawn where a grid does not reach."""


def scenario(data: Mapping[str, Any], name: str = "scenario") -> Scenario:
    """Read a scenario; `fair.InputError` names the place of what is wrong. Its id is ours to give."""
    from remit.identify.risks import fair  # noqa: PLC0415

    return fair.read_scenario({**data, "id": name})


def checked(data: Mapping[str, Any], name: str = "scenario") -> dict[str, Any]:
    """Return a scenario as it is kept: read, and written again; errors as above."""
    from remit.identify.risks import fair  # noqa: PLC0415

    return dict(fair.write_scenario(scenario(data, name)))


def problem(data: Mapping[str, Any]) -> str:
    """Say what is wrong with a scenario and what to do, or return ""."""
    from remit.identify.risks import fair  # noqa: PLC0415

    try:
        scenario(data)
    except fair.InputError as error:
        return str(error)
    return ""


def mean(data: Mapping[str, Any]) -> float:
    """Return the mean annual loss after insurance: by closed form where nothing is insured."""
    from remit.identify.risks import fair  # noqa: PLC0415

    found = scenario(data)
    return float(fair.aggregate(found).mean if found.insurance else fair.compiled(found).moments[0])


def numbers(data: Mapping[str, Any], points: int = POINTS) -> dict[str, Any]:
    """Return the numbers of one scenario as `fair.results.Numbers` gives them, by Fourier transform on so many points.

    Those of scenarios asked for lately are kept: a page, its curve and its treatments ask for the same ones.
    """
    return copy.deepcopy(_numbers(json.dumps(data, sort_keys=True), points))


@lru_cache(maxsize=256)
def _numbers(text: str, points: int) -> dict[str, Any]:
    from remit.identify.risks import fair  # noqa: PLC0415

    found = scenario(json.loads(text))
    try:
        told: dict[str, Any] = fair.aggregate(found, points=points).numbers().as_dict()
    except fair.InputError:
        raise
    except ValueError:  # a tail that no grid reaches: years are drawn instead
        told = simulated(json.loads(text), trials=FALLBACK)
    return told | {"events": float(fair.compiled(found).frequency.mean)}


def simulated(
    data: Mapping[str, Any],
    *,
    trials: int = TRIALS,
    seed: int = SEED,
    progress: Callable[[int, int], None] | None = None,
) -> dict[str, Any]:
    """Return the numbers of one scenario by simulation, with the standard error of each."""
    from remit.identify.risks import fair  # noqa: PLC0415

    found = scenario(data)
    result = fair.simulate(fair.ScenarioSet((found,)), trials=trials, seed=seed, progress=progress)
    return dict(result.as_dict()["scenarios"][found.id])


def simulated_set(
    data: Mapping[str, Any],
    *,
    trials: int,
    seed: int = SEED,
    progress: Callable[[int, int], None] | None = None,
) -> dict[str, Any]:
    """Return the result for a set of scenarios by simulation, dependence and all; data as `fair.read` takes it."""
    from remit.identify.risks import fair  # noqa: PLC0415

    return dict(fair.simulate(fair.read(data), trials=trials, seed=seed, progress=progress).as_dict())


def converted(data: Mapping[str, Any], rate: float) -> dict[str, Any]:
    """Return a scenario in a currency in which one unit of its own costs `rate`; `fair.InputError` if it cannot be."""
    from remit.identify.risks.fair import scaling  # noqa: PLC0415

    return scaling.scaled(data, rate)


def swings(data: Mapping[str, Any]) -> list[dict[str, Any]]:
    """Return the tornado of a scenario: each input with the mean annual loss at its two ends, widest first."""
    from remit.identify.risks.fair import sensitivity  # noqa: PLC0415

    return [
        {"path": each.path, "kind": each.kind, "low": each.low, "high": each.high, "at": [each.at_low, each.at_high]}
        for each in sensitivity.tornado(scenario(data))
        if each.width > 0
    ]
