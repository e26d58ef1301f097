"""The same chunks on other machines, by Dask (the optional extra `remit[dask]`).

Chunks are tasks without side effects, and the plan is itself a task: what a lost worker held is computed again from
what the scheduler knows. Summaries come back in any order and are merged in that of the chunks, so that a result does
not show where it was computed.

Dask's workers run what a scheduler sends them: use one whose network is trusted, or one with TLS (a `tls://` address).
"""

from __future__ import annotations

import pickle
from collections import deque
from collections.abc import Iterator
from contextlib import contextmanager
from importlib import import_module
from typing import Any, TypeAlias

import numpy as np

from remit.identify.risks.fair.errors import InputError
from remit.identify.risks.fair.model import ScenarioSet
from remit.identify.risks.fair.results import Result

from .chunk import Summary, chunks
from .plan import Plan
from .run import checked, collected
from .workers import Progress, grown, simulate_elsewhere

Client: TypeAlias = Any
"""`distributed.Client`, which has no types."""
LOCAL = "local"


def simulate_on_dask(
    scenarios: ScenarioSet,
    address: str,
    *,
    trials: int = 100_000,
    seed: int = 1,
    progress: Progress | None = None,
) -> Result:
    """Simulate as `simulate` does, on the workers of a Dask scheduler.

    Args:
        address: of the scheduler, as "tcp://host:8786"; "local" starts one process for each core of this machine.

    Raises:
        InputError: Dask is not installed, nobody answers at the address, or workers run another release.
    """
    plan = checked(scenarios, trials, seed)
    with connected(address) as client:
        _refuse_other_releases(client, address)
        return collected(scenarios, plan, grown(plan, _summaries(client, plan), progress))


@contextmanager
def connected(address: str) -> Iterator[Client]:
    """A client of the scheduler; of a cluster of our own for "local", closed afterwards."""
    try:
        dask = import_module("distributed")
    except ImportError:
        raise InputError("dask", "Dask is not installed here", "Run `pip install remit[dask]`.") from None
    if address == LOCAL:
        with (
            dask.LocalCluster(threads_per_worker=1, dashboard_address=None, silence_logs=40) as cluster,
            dask.Client(cluster) as client,
        ):
            yield client
        return
    try:
        client = dask.Client(address, timeout="10s")
    except (OSError, ValueError, TypeError) as error:
        remedy = "Give the address that the scheduler prints when it starts, as tcp://host:8786."
        raise InputError("dask", f"no scheduler answers at {address} ({error})", remedy) from None
    with client:
        yield client


def _summaries(client: Client, plan: Plan) -> Iterator[Summary]:
    """The summaries of all chunks, in order; two for each thread of the cluster are asked for ahead."""
    shared = client.submit(pickle.loads, pickle.dumps(plan), pure=False)
    ahead = 2 * max(1, sum(client.nthreads().values()))
    waiting: deque[Any] = deque()
    for number in range(chunks(plan.trials)):
        waiting.append(client.submit(simulate_elsewhere, shared, number, pure=False))
        if len(waiting) >= ahead:
            yield waiting.popleft().result()
    while waiting:
        yield waiting.popleft().result()


def _release() -> str:
    from remit import __version__  # noqa: PLC0415 - asked of each worker

    return f"Remit {__version__}, NumPy {np.__version__}"


def _refuse_other_releases(client: Client, address: str) -> None:
    """Another release may draw other numbers."""
    for worker, release in client.run(_release).items():
        if release != _release():
            problem = f"the worker {worker} of {address} runs {release}, this is {_release()}"
            raise InputError("dask", problem, "Install the same releases on all workers.")
