"""Killed at a random moment: nothing lost, nothing doubled, and in the end the same as if nobody had killed anything.

A few kills here, each at another moment; `make soak` kills a thousand times.
"""

from __future__ import annotations

import random
import time
from pathlib import Path

import pytest

from remit.kernel import postgres
from tests.faults.killing import KILLS, SEED, Doer, Tally, scan, two_doers, with_force

pytestmark = pytest.mark.skipif(
    bool(postgres.external_uri("app")), reason="makes databases of its own, which only the embedded server allows"
)
MOST_OF_ONE = 3
"""A job whose worker dies a fourth time is given up; so is a round here."""


def test_an_import_killed_anywhere_is_there_wholly_or_not_at_all(tmp_path: Path) -> None:
    chance, number = random.Random(SEED), 0
    with two_doers(tmp_path, "imports") as (killed, clean):
        path, coverage = scan(tmp_path, number, chance)
        lasts = clean.do("load", path, coverage)
        tally = Tally("imports", KILLS)
        while tally.hits.total() < KILLS:
            before, after = killed.state(), clean.state()
            for _ in range(chance.randint(2, 6)):
                done, at = killed.killed(chance.uniform(0, lasts * 1.05), "load", path, coverage)
                now = killed.state()
                assert now in (before, after), f"after {at}: {differences(now, before, after)}"
                assert not done or now == after
                killed.whole()
                tally.hit("after its end" if now == after else at)
            killed.do("load", path, coverage)
            assert killed.state() == after
            number += 1
            path, coverage = scan(tmp_path, number, chance)
            lasts = 0.8 * lasts + 0.2 * clean.do("load", path, coverage)
        tally.end()


def test_a_job_of_killed_workers_is_done_once(tmp_path: Path) -> None:
    chance, number, kills = random.Random(SEED + 1), 0, max(4, KILLS // 4)
    with two_doers(tmp_path, "jobs") as (killed, clean):
        tally, lasts = Tally("workers", kills), 1.0
        while tally.hits.total() < kills:
            path, coverage = scan(tmp_path, number, chance)
            for doer in (killed, clean):
                doer.do("receive", path, coverage)
            before = killed.state()
            clean.do("finish")
            after = clean.state()
            for _ in range(MOST_OF_ONE):
                killed.killed(chance.uniform(0.1, lasts * 1.05), "work")
                now = killed.state()
                assert now in (before, after), differences(now, before, after)
                killed.whole()
                tally.hit("after its end" if now == after else run_state(killed))
                long_ago(killed)
            lasts = 0.7 * lasts + 0.3 * worked_to_the_end(killed)
            assert killed.state() == after
            assert killed.rows("select state, count(*) from job_run group by state") == [("done", number + 1)]
            number += 1
        tally.end()


def run_state(doer: Doer) -> str:
    return f"with the job {doer.rows('select state from job_run order by id desc limit 1')[0][0]}"


def long_ago(doer: Doer) -> None:
    """Let the workers that were killed have been silent for long, instead of waiting for it."""
    doer.rows("update procrastinate_workers set last_heartbeat = now() - interval '5 minutes' returning id")
    doer.rows("""select procrastinate_retry_job_v2(id, now(), null, null, null) from procrastinate_jobs
                 where status = 'doing'""")


def worked_to_the_end(doer: Doer) -> float:
    """Let a worker that nobody kills finish; returns how many seconds that took."""
    began = time.monotonic()
    process = doer.begin("work")
    while doer.rows("select 1 from job_run where state in ('queued', 'running')"):
        assert time.monotonic() - began < 60, doer.rows("select state, message, restarts from job_run")
        time.sleep(0.05)
    took = time.monotonic() - began
    with_force(process)
    doer.rest()
    long_ago(doer)
    return took


def differences(now: dict[str, str], before: dict[str, str], after: dict[str, str]) -> str:
    return "; ".join(
        f"{name} is {now[name]}, was {before[name]}, would be {after[name]}"
        for name in now
        if now[name] not in (before[name], after[name]) or (now[name] == before[name]) != (now == before)
    )
