"""The sealer killed while people write: every committed entry is sealed once, none is lost, no history is rewritten."""

from __future__ import annotations

import random
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

import psycopg
import pytest

from remit.kernel import postgres
from tests.faults.killing import SEED, Tally, doers, share

pytestmark = pytest.mark.skipif(
    bool(postgres.external_uri("app")), reason="makes databases of its own, which only the embedded server allows"
)
WRITERS = 4
PAUSE = 0.02
"""Seconds between two writes of one writer, at most."""
INSERT = """insert into assets_asset (unit_id, name, kind_of, criticality, exposure, environment, data_classes,
    operating_system, description, fqdn, addresses, cloud_id, agent_id, serial, source, state)
    select (select min(id) from kernel_unit), 'asset-' || n, 'host', 3, 'internal', 'production', '{}', '', '', '',
      '{}', '', '', '', 'test', 'active' from generate_series(1, %s) n"""


@dataclass
class Writers:
    """People who write in transactions of all lengths, some of which are taken back; what was committed is counted."""

    uri: str
    committed: int = 0
    stopped: threading.Event = field(default_factory=threading.Event)
    counting: threading.Lock = field(default_factory=threading.Lock)

    def write(self, seed: int) -> None:
        chance = random.Random(seed)
        with psycopg.connect(self.uri) as connection:
            while not self.stopped.wait(chance.uniform(0, PAUSE)):
                statements = chance.randint(1, 3)
                connection.execute("select set_config('remit.system', 'test', true)")
                for _ in range(statements):
                    connection.execute(INSERT, (chance.randint(1, 3),))
                    time.sleep(chance.choice((0, 0, PAUSE)))  # what began first may well end last
                if chance.random() < 0.2:
                    connection.rollback()
                else:
                    connection.commit()
                    with self.counting:
                        self.committed += statements

    @contextmanager
    def writing(self, seed: int) -> Iterator[None]:
        self.stopped.clear()
        threads = [threading.Thread(target=self.write, args=(seed * WRITERS + number,)) for number in range(WRITERS)]
        for thread in threads:
            thread.start()
        try:
            yield
        finally:
            self.stopped.set()
            for thread in threads:
                thread.join(60)


def test_a_killed_sealer_loses_nothing_and_seals_nothing_twice(tmp_path: Path) -> None:
    chance, tally, rounds = random.Random(SEED + 2), Tally("sealers", share(0.3)), 0
    with doers(tmp_path, "sealed") as (doer,):
        writers = Writers(doer.app)
        while tally.hits.total() < tally.total:
            with writers.writing(SEED + rounds):
                for _ in range(min(15, tally.total - tally.hits.total())):
                    [(before,)] = doer.rows("select count(*) from ledger_leaf")
                    doer.killed(chance.uniform(0.02, 0.25), "seal")
                    doer.each_sealed_once()
                    [(after,)] = doer.rows("select count(*) from ledger_leaf")
                    tally.hit("after it had sealed" if after > before else "before it had sealed")
            doer.whole()
            told = doer.rows("select count(*) from ledger_entry where kind = 'assets.asset'")
            assert told == [(writers.committed,)], "each statement that was committed is one entry"
            rounds += 1
        doer.verified()
        print(f"{writers.committed} committed entries, {doer.sealed} sealed in all")
    tally.end()
