"""Killed at a random moment: nothing lost, nothing doubled, and in the end the same as if nobody had killed anything.

A few kills here, each at another moment; `make soak` kills a thousand times.
"""

from __future__ import annotations

import random
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from remit.kernel import postgres
from tests.faults.killing import SEED, Doer, Tally, doers, scan, share

pytestmark = pytest.mark.skipif(
    bool(postgres.external_uri("app")), reason="makes databases of its own, which only the embedded server allows"
)
MOST_OF_ONE = 3
"""A job whose worker dies a fourth time is given up; so is a round here."""


@dataclass
class Pair:
    """One doer that is killed and one that never is, to compare with; and the scans that both are given."""

    killed: Doer
    clean: Doer
    folder: Path
    day: int = -1

    def next_day(self, chance: random.Random) -> tuple[str, str]:
        self.day += 1
        return scan(self.folder, self.day, chance)


@pytest.fixture(scope="module")
def pair(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Pair]:
    folder = tmp_path_factory.mktemp("pair")
    with doers(folder, "killed", "clean") as (killed, clean):
        yield Pair(killed, clean, folder)


def test_an_import_killed_anywhere_is_there_wholly_or_not_at_all(pair: Pair) -> None:
    chance, killed, clean = random.Random(SEED), pair.killed, pair.clean
    path, coverage = pair.next_day(chance)
    lasts, tally = clean.do("load", path, coverage), Tally("imports", share(0.4))
    before = killed.state()
    while tally.hits.total() < tally.total:
        after = clean.state()
        for _ in range(chance.randint(3, 8)):
            done, at = killed.killed(chance.uniform(0, lasts * 1.05), "load", path, coverage)
            now = killed.state()
            assert now in (before, after), f"after {at}: {differences(now, before, after)}"
            assert not done or now == after
            killed.each_sealed_once()
            tally.hit("after its end" if now == after else at)
            if now == after:
                break
        killed.do("load", path, coverage)
        before = killed.state()
        assert before == after
        killed.whole()
        path, coverage = pair.next_day(chance)
        lasts = 0.8 * lasts + 0.2 * clean.do("load", path, coverage)
    killed.do("load", path, coverage)
    killed.verified()
    tally.end()


def test_a_job_of_killed_workers_is_done_once(pair: Pair) -> None:
    chance, killed, clean = random.Random(SEED + 1), pair.killed, pair.clean
    tally, lasts = Tally("workers", share(0.15)), 1.0
    while tally.hits.total() < tally.total:
        path, coverage = pair.next_day(chance)
        for doer in (killed, clean):
            doer.do("receive", path, coverage)
        before = killed.state()
        clean.do("finish")
        after = clean.state()
        for _ in range(MOST_OF_ONE):
            killed.killed(chance.uniform(0.1, lasts * 1.05), "work")
            now = killed.state()
            assert now in (before, after), differences(now, before, after)
            killed.each_sealed_once()
            tally.hit("after its end" if now == after else run_state(killed))
            killed.long_ago()
        lasts = 0.7 * lasts + 0.3 * killed.worked_until(
            lambda: not killed.rows("select 1 from job_run where state in ('queued', 'running')")
        )
        assert killed.state() == after
        assert {state for (state,) in killed.rows("select distinct state from job_run")} == {"done"}
        killed.whole()
    killed.verified()
    tally.end()


def run_state(doer: Doer) -> str:
    return f"with the job {doer.rows('select state from job_run order by id desc limit 1')[0][0]}"


def differences(now: dict[str, str], before: dict[str, str], after: dict[str, str]) -> str:
    return "; ".join(
        f"{name} is {now[name]}, was {before[name]}, would be {after[name]}"
        for name in now
        if now[name] not in (before[name], after[name]) or (now[name] == before[name]) != (now == before)
    )
