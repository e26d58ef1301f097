"""The same bits from the machines of a Dask cluster, also when one of them is killed."""

from __future__ import annotations

import os
import signal
import sys
from collections.abc import Iterator
from typing import Any

import pytest

from remit.identify.risks import fair
from remit.identify.risks.fair.simulation.on_dask import simulate_on_dask

from .simulated import everything, of, scenario

TRIALS = 110_000


@pytest.fixture(scope="module")
def cluster() -> Iterator[Any]:
    """Two processes on loopback."""
    distributed = pytest.importorskip("distributed", reason="Dask, an optional extra, is not installed")
    with distributed.LocalCluster(
        n_workers=2, threads_per_worker=1, dashboard_address=None, host="127.0.0.1", silence_logs=50
    ) as cluster:
        yield cluster


def test_the_same_bits(cluster: Any) -> None:
    scenarios = everything({"kind": "gaussian", "correlation": []})
    found = simulate_on_dask(scenarios, cluster.scheduler_address, trials=TRIALS)
    assert found == fair.simulate(scenarios, trials=TRIALS)


def test_a_worker_killed_in_the_middle_changes_nothing(cluster: Any) -> None:
    scenarios = everything({"kind": "gaussian", "correlation": []}, copies=4)
    victims = [nanny.pid for nanny in cluster.workers.values()]
    killed: list[int] = []

    def kill(years: int, trials: int) -> None:
        if len(killed) < 1 and years > trials / 4:
            killed.append(victims[0])
            os.kill(victims[0], signal.SIGKILL)

    found = simulate_on_dask(scenarios, cluster.scheduler_address, trials=400_000, progress=kill)
    assert killed
    assert found == fair.simulate(scenarios, trials=400_000, workers=2)


def test_an_address_where_nobody_answers() -> None:
    pytest.importorskip("distributed", reason="Dask, an optional extra, is not installed")
    with pytest.raises(fair.InputError, match=r"dask: no scheduler answers at nowhere"):
        simulate_on_dask(of(scenario()), "nowhere")


def test_without_dask_it_says_how_to_get_it(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "distributed", None)
    with pytest.raises(fair.InputError, match=r"pip install remit\[dask\]"):
        simulate_on_dask(of(scenario()), "local")
