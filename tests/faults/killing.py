"""What the tests that kill share: a doer over a database of its own, and all that the database then holds, as text."""

from __future__ import annotations

import hashlib
import os
import queue
import random
import signal
import subprocess
import sys
import threading
import time
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import psycopg

from remit.kernel import postgres
from remit.kernel.ledger.export_format import reading
from remit.kernel.ledger.exporting import export
from remit.kernel.ledger.verifying import verify
from tests.conftest import DATA, create_migrated
from tests.ingest_loading.reports import nessus

ROOT = Path(__file__).parents[2]
KILLS = int(os.environ.get("REMIT_KILLS", "40"))
"""Of all suites together; each has its share."""
SEED = int(os.environ.get("REMIT_SEED", "20260301"))

STATE = {
    "imports": """select name, digest, state, coverage, observations, assets_new, weaknesses_new, occurrences_new,
        occurrences_seen, occurrences_reopened, occurrences_closed from ingest_import where state <> 'waiting'""",
    "assets": "select name, fqdn, addresses, state, first_seen, last_seen from assets_asset",
    "identifiers": "select a.name, i.scheme, i.value from assets_identifier i join assets_asset a on a.id = i.asset_id",
    "weaknesses": "select source, rule, title, severity, cves from vulnerabilities_weakness",
    "occurrences": """select a.name, w.rule, o.location, o.ordinal, o.state, o.level, o.first_seen,
        o.last_seen, f.name as first_file, l.name as last_file
        from vulnerabilities_occurrence o join assets_asset a on a.id = o.asset_id
        join vulnerabilities_weakness w on w.id = o.weakness_id
        join ingest_import f on f.id = o.first_import_id join ingest_import l on l.id = o.last_import_id""",
    "evidence": """select e.name, e.digest, e.size from attached_evidence e
        join ingest_import i on i.id = e.record_id and e.kind = 'ingest.import' where i.state <> 'waiting'""",
    "search": "select kind, document from search_document",
}
"""Everything that imports make, without keys and times that differ from run to run."""
LEDGER = """select kind, verb, sum(count) from ledger_entry
    where kind in ('assets.asset', 'vulnerabilities.weakness', 'vulnerabilities.occurrence') group by kind, verb"""
"""What the ledger says was done to records; how many entries tell it is the same too, as each is one statement."""
DANGLING = """select count(*) from ledger_entry e, unnest(e.records) r
    where e.kind = 'vulnerabilities.occurrence' and e.verb <> 'delete'
      and not exists (select from vulnerabilities_occurrence o where o.id = r)"""


SEALED = """select (select count(*) from ledger_leaf), (select coalesce(max(position) + 1, 0) from ledger_leaf),
    (select count(distinct entry_id) from ledger_leaf), remit_ledger_lost(),
    (select count(*) from ledger_entry e where not exists (select from ledger_leaf l where l.entry_id = e.id)
       and not exists (select from ledger_pending p where p.entry_id = e.id))"""


class Doer:
    """A process over a database of its own, told what to do; what it starts may be killed."""

    def __init__(self, name: str, server: postgres.Server, folder: Path, **environment: str) -> None:
        self.name, self.server = name, server
        self.owner, self.app = server.uri("owner", database=name), server.uri("app", database=name)
        create_migrated(server, name)
        data = folder / name
        data.mkdir(mode=0o700)
        environment = {
            **os.environ,
            **environment,
            "REMIT_DATABASE_URI": server.uri("app", database=name),
            "DJANGO_SETTINGS_MODULE": "remit.settings",
            "REMIT_DATA": str(data),
            "REMIT_SECRET_KEY": "only for this test " * 3,
            "PYTHONPATH": os.pathsep.join([str(ROOT / "src"), str(ROOT)]),
        }
        self.export = folder / f"{name}.export"
        self.sealed, self.note = 0, ""
        self.errors = folder / f"{name}.err"
        with self.errors.open("w") as errors:
            self.process = subprocess.Popen(
                [sys.executable, "-W", "ignore", "-m", "tests.faults.doer"],
                cwd=ROOT, env=environment, text=True, bufsize=1,
                stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=errors,
            )  # fmt: skip
        self.lines: queue.Queue[str] = queue.Queue()
        self.listener = threading.Thread(target=self._listen, daemon=True)
        self.listener.start()
        self.watcher = psycopg.connect(self.owner, autocommit=True)
        self.watcher.execute("select set_config('remit.system', 'test', false)")
        self.do("prepare")

    def _listen(self) -> None:
        assert self.process.stdout is not None
        for line in self.process.stdout:
            self.lines.put(line.strip())
        self.lines.put("gone")

    def begin(self, *command: str) -> int:
        """Start a command; returns the process that does it."""
        assert self.process.stdin is not None
        self.process.stdin.write(" ".join(command) + "\n")
        word, _, key = self._next().partition(" ")
        while word != "process":  # the child may speak before its parent does
            self.lines.put(f"{word} {key}")
            word, _, key = self._next().partition(" ")
        return int(key)

    def _next(self) -> str:
        line = self.lines.get(timeout=120)
        assert line != "gone", self.errors.read_text()
        return line

    def rest(self) -> tuple[int, list[str]]:
        """Wait for the end of the command; returns its status and what it said."""
        said = []
        while not (line := self._next()).startswith("ended "):
            said.append(line)
        return int(line.split()[1]), said

    def do(self, *command: str) -> float:
        """Do a command to its end; returns how many seconds it took."""
        began = time.monotonic()
        self.begin(*command)
        status, _ = self.rest()
        assert status == 0, self.errors.read_text()
        return time.monotonic() - began

    def killed(self, seconds: float, *command: str) -> tuple[bool, str]:
        """Do a command and kill it after so long; returns whether it ended before, and the last thing it said."""
        process = self.begin(*command)
        time.sleep(seconds)
        with_force(process)
        status, said = self.rest()
        return status == 0, said[-1] if said else "at start"

    def worked_until(self, done: Callable[[], bool]) -> float:
        """Let a worker that nobody kills work until all is done; returns how many seconds that took."""
        began = time.monotonic()
        process = self.begin("work")
        while not done():
            assert time.monotonic() - began < 120, self.rows("select state, message, restarts from job_run")
            time.sleep(0.05)
        took = time.monotonic() - began
        with_force(process)
        self.rest()
        self.long_ago()
        return took

    def long_ago(self) -> None:
        """Let the workers that were killed have been silent for long, instead of waiting for it."""
        self.rows("update procrastinate_workers set last_heartbeat = now() - interval '5 minutes' returning id")
        self.rows("""select procrastinate_retry_job_v2(id, now(), null, null, null) from procrastinate_jobs
                     where status = 'doing'""")

    def rows(self, query: str) -> list[tuple[Any, ...]]:
        return self.watcher.execute(query).fetchall()  # type: ignore[call-overload, no-any-return]

    def state(self) -> dict[str, str]:
        """Return a digest of each part of what is stored; two databases are alike if these are."""
        found = {}
        for name, query in STATE.items():
            rows = sorted(map(repr, self.rows(query)))
            found[name] = f"{len(rows)} {hashlib.sha256(repr(rows).encode()).hexdigest()[:16]}"
        return found | {"ledger": repr(sorted(map(repr, self.rows(LEDGER))))}

    def whole(self) -> None:
        """Refuse evidence that cannot be read as it was kept, and a ledger that lacks, doubles or rewrote anything."""
        assert self.rows(DANGLING) == [(0,)], "the ledger speaks of findings that are not stored"
        self.each_sealed_once()
        self.do("check")  # reads evidence, seals what waits, signs
        self.verified(start=self.sealed)

    def each_sealed_once(self) -> None:
        """Refuse gaps, entries sealed twice, and committed entries that are neither sealed nor going to be."""
        [(leaves, positions, entries, lost, strays)] = self.rows(SEALED)
        assert leaves == positions == entries, f"{leaves} leaves, {positions} positions, {entries} entries"
        assert (lost, strays) == (0, 0), f"{lost} entries lost, {strays} neither sealed nor waiting"

    def verified(self, start: int = 0) -> None:
        """Export the ledger from a position on and verify it as an auditor who kept the last checkpoint would."""
        with psycopg.connect(self.owner) as connection:
            _, lost = export(connection, self.export, start=start)
        kept = [("the last round", self.note)] if self.note else []
        with reading(self.export) as exported:
            report = verify(exported, checkpoints=kept)
        assert report.fits, report.faults
        assert lost == 0
        assert report.covered == report.size, "a checkpoint covers everything that is sealed"
        [(self.sealed, self.note)] = self.rows("select size, note from ledger_checkpoint order by size desc limit 1")

    def close(self) -> None:
        assert self.process.stdin is not None
        assert self.process.stdout is not None
        self.watcher.close()
        self.process.stdin.close()
        self.process.wait(30)
        self.listener.join(10)
        self.process.stdout.close()
        self.server.drop_database(self.name)


def with_force(process: int) -> None:
    try:
        os.kill(process, signal.SIGKILL)
    except ProcessLookupError:
        return


def share(part: float) -> int:
    """Return how many of all kills one suite makes."""
    return max(4, round(KILLS * part))


@dataclass
class Tally:
    """How many rounds there were and what they hit; printed as they go when there are many."""

    what: str
    total: int
    seed: int = SEED
    hits: Counter[str] = field(default_factory=Counter)
    began: float = field(default_factory=time.monotonic)
    shown: float = field(default_factory=time.monotonic)

    def __post_init__(self) -> None:
        self._say(f"{self.what}: {self.total} kills, seed {self.seed} (REMIT_KILLS and REMIT_SEED change them)")

    def hit(self, where: str) -> None:
        self.hits[where] += 1
        if KILLS > 100 and time.monotonic() - self.shown > 10:
            self.shown = time.monotonic()
            done, took = self.hits.total(), self.shown - self.began
            self._say(f"{self.what}: {done} of {self.total} in {took:.0f} s, {took / done:.2f} s each")

    def end(self) -> None:
        places = ", ".join(f"{count} {where}" for where, count in self.hits.most_common())
        self._say(
            f"{self.what}: {self.hits.total()} kills in {time.monotonic() - self.began:.0f} s: {places}; all whole"
        )

    @staticmethod
    def _say(text: str) -> None:
        print(text, flush=True)


@contextmanager
def doers(folder: Path, *names: str, **environment: str) -> Iterator[list[Doer]]:
    """Make doers, each over a database of its own."""
    worker = os.environ.get("PYTEST_XDIST_WORKER", "main")
    folder.chmod(0o711)
    with postgres.running(DATA, settings={"fsync": "off", "full_page_writes": "off"}) as server:
        made: list[Doer] = []
        try:
            for each in names:
                made.append(Doer(f"remit_{each}_{worker}", server, folder, **environment))
            yield made
        finally:
            for doer in made:
                doer.close()


def scan(folder: Path, number: int, chance: random.Random) -> tuple[str, str]:
    """Write the scan of one day: some findings stay, some are new, some are gone. Returns its path and coverage."""
    rules = range(3000, 3012)
    items = {f"10.4.0.{host}": [(rule, 443) for rule in rules if chance.random() < 0.85] for host in range(1, 41)}
    path = nessus(folder / f"day-{number}.nessus", items, day=number)
    return str(path), chance.choice(("partial", "complete"))
