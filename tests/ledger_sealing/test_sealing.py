"""Entries are sealed once each, in an order nothing can get into later, under signed roots."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import time
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from itertools import pairwise
from typing import Any

import psycopg
import pytest

from remit.kernel.ledger import sealing
from remit.kernel.ledger.merkle import leaf_hash, root_of
from remit.kernel.ledger.notes import opened_checkpoint
from tests.security.helpers import Stored

Write = Callable[[int], None]
Owner = psycopg.Connection[Any]


def test_sealed_entries_have_gapless_positions_and_a_signed_root(stored: Stored, write: Write, owner: Owner) -> None:
    write(600)
    (done,) = stored.run(lambda: sealing.seal(checkpoint=True))
    leaves = owner.execute(
        """select l.position, l.hash, remit_ledger_data(e, l.position)
           from ledger_leaf l join ledger_entry e on e.id = l.entry_id order by 1"""
    ).fetchall()
    assert (done.entries, len(leaves) > 600) == (600, True)
    assert [position for position, _, _ in leaves] == list(range(len(leaves)))
    assert all(leaf_hash(data.encode()) == held for _, held, data in leaves)
    assert owner.execute("select count(*) from ledger_pending").fetchone() == (0,)
    ((note,),) = owner.execute("select note from ledger_checkpoint order by size desc limit 1").fetchall()
    (keys,) = stored.run(sealing.verifiers)
    checkpoint = opened_checkpoint(note, keys)
    assert (checkpoint.size, checkpoint.root) == (len(leaves), root_of(held for _, held, _ in leaves))
    assert stored.run(lambda: sealing.seal(checkpoint=True)) == [sealing.Sealed(0, None)], "nothing new, no checkpoint"


def test_roots_of_every_size_are_those_of_the_standard(stored: Stored, write: Write, owner: Owner) -> None:
    write(525)
    stored.run(sealing.seal)
    hashes = [h for (h,) in owner.execute("select hash from ledger_leaf order by position").fetchall()]
    assert len(hashes) > 520
    for size in (0, 1, 2, 3, 255, 256, 257, 511, 512, 513, len(hashes)):
        assert owner.execute("select remit_ledger_root(%s)", (size,)).fetchone() == (root_of(hashes[:size]),), size


def test_the_leaf_data_depend_on_no_setting_of_the_session(stored: Stored, owner: Owner) -> None:
    query = "select remit_ledger_data(e, 5) from ledger_entry e order by id limit 3"
    usual = owner.execute(query).fetchall()
    with psycopg.connect(stored.owner_uri) as other:
        other.execute(
            """set timezone = 'Asia/Kathmandu'; set datestyle = 'German'; set bytea_output = 'escape';
               set extra_float_digits = -5"""
        )
        assert other.execute(query).fetchall() == usual
    assert list(json.loads(usual[0][0]))[-1] == "position"


def test_what_an_open_transaction_could_still_write_before_is_not_sealed(
    stored: Stored, write: Write, owner: Owner
) -> None:
    with psycopg.connect(stored.owner_uri) as slow:
        slow.execute("select pg_current_xact_id()")
        write(3)
        assert stored.run(sealing.seal)[0].entries == 0
        assert stored.run(state)[0][3] is True
    assert stored.run(sealing.seal)[0].entries == 3


def state() -> Any:
    from django.db import connection, transaction

    with sealing.sealing(), transaction.atomic(), connection.cursor() as cursor:
        cursor.execute("select * from remit_ledger_state()")
        return cursor.fetchone()


def test_many_sealers_seal_each_entry_once(stored: Stored, write: Write, owner: Owner) -> None:
    before = size(owner)
    write(500)
    stored.run(*[sealing.seal] * 4)
    stored.run(sealing.seal)
    assert size(owner) == before + 500
    assert owner.execute("select count(*) from ledger_pending").fetchone() == (0,)


def size(owner: Owner) -> int:
    return int((owner.execute("select count(*) from ledger_leaf").fetchone() or (0,))[0])


@pytest.mark.parametrize(
    ("unchecked", "seconds", "expected"),
    [(0, 999, False), (1, 59, False), (1, 60, True), (999, 1, False), (1000, 0, True)],
)
def test_a_checkpoint_is_due_after_a_thousand_entries_or_a_minute(unchecked: int, seconds: int, expected: bool) -> None:
    now = datetime(2026, 3, 1, tzinfo=UTC)
    assert sealing.due(unchecked, now - timedelta(seconds=seconds), now) is expected


def test_a_backlog_gets_a_checkpoint_each_thousand(stored: Stored, owner: Owner) -> None:
    stored.run(sealing.seal)
    before = size(owner)
    owner.execute("select set_config('remit.system', 'test', false)")
    owner.execute(
        "select remit_ledger_add('note', 'k', 1, array[n]::bigint[], null, null, '') from generate_series(1, 3500) n"
    )
    stored.run(lambda: sealing.seal(checkpoint=True))
    sizes = [
        s
        for (s,) in owner.execute(
            "select size from ledger_checkpoint where size >= %s order by size", (before,)
        ).fetchall()
    ]
    assert sizes[-1] == size(owner) == before + 3500
    assert max(b - a for a, b in pairwise(sizes)) <= 1000


def test_what_was_pending_in_another_cluster_is_adopted_in_its_order(
    stored: Stored, write: Write, owner: Owner
) -> None:
    write(3)
    owner.execute("update ledger_pending set txid = txid + 1000000000000 - entry_id * 2")
    order = [e for (e,) in owner.execute("select entry_id from ledger_pending order by txid, entry_id").fetchall()]
    assert stored.run(sealing.seal)[0].entries == 0
    assert owner.execute("select remit_ledger_adopt()").fetchone() == (3,)
    assert stored.run(sealing.seal)[0].entries == 3
    sealed = owner.execute("select entry_id from ledger_leaf order by position desc limit 3").fetchall()
    assert [e for (e,) in reversed(sealed)] == order


@pytest.mark.parametrize(
    "deed", ["update ledger_entry set note = 'x'", "delete from ledger_leaf", "truncate ledger_checkpoint"]
)
def test_the_owner_changes_nothing_by_a_slip(deed: str, owner: Owner) -> None:
    with pytest.raises(psycopg.errors.IntegrityConstraintViolation, match="only added to"):
        owner.execute(deed)


@pytest.mark.parametrize("table", ["ledger_entry", "ledger_pending", "ledger_leaf", "ledger_node", "ledger_checkpoint"])
def test_the_application_touches_no_table_of_it(stored: Stored, table: str) -> None:
    from django.db import ProgrammingError, connection

    def touch() -> None:
        with connection.cursor() as cursor:
            cursor.execute(f"delete from {table}")

    with pytest.raises(ProgrammingError, match="permission denied"):
        stored.run(touch)


SEALS = """
import django
django.setup()
from remit.kernel.ledger.sealing import seal
print("sealing", flush=True)
while True:
    seal(checkpoint=True)
"""


def test_a_sealer_that_is_killed_loses_nothing_and_seals_nothing_twice(
    stored: Stored, write: Write, owner: Owner
) -> None:
    from django.conf import settings
    from django.db import connections
    from psycopg.conninfo import make_conninfo

    said = connections.settings["default"]
    uri = make_conninfo(dbname=said["NAME"], user=said["USER"], password=said["PASSWORD"], host=said["HOST"])
    environment = {
        **os.environ,
        "REMIT_DATABASE_URI": uri,
        "REMIT_DATA": str(settings.KEYS_DIR.parent),
        "DJANGO_SETTINGS_MODULE": "remit.settings",
    }
    before = size(owner)
    owner.execute("select set_config('remit.system', 'test', false)")
    for pause in (0.01, 0.05, 0.2):
        owner.execute(
            """select remit_ledger_add('note', 'k', 1, array[n]::bigint[], null, null, '')
               from generate_series(1, 8000) n"""
        )
        with subprocess.Popen(
            [sys.executable, "-W", "ignore", "-c", SEALS], env=environment, stdout=subprocess.PIPE
        ) as process:
            assert process.stdout is not None
            process.stdout.readline()
            time.sleep(pause)
            assert process.poll() is None
            process.kill()
    deadline = time.monotonic() + 60
    while owner.execute("select exists (select from ledger_pending)").fetchone() == (True,):
        assert time.monotonic() < deadline, "the server ends what a killed client began, and lets go of its lock"
        stored.run(lambda: sealing.seal(checkpoint=True))
    positions, entries, largest = owner.execute(
        "select count(*), count(distinct entry_id), max(position) + 1 from ledger_leaf"
    ).fetchone() or (0, 0, 0)
    assert positions == entries == largest == before + 24_000
    hashes = [held for (held,) in owner.execute("select hash from ledger_leaf order by position").fetchall()]
    assert owner.execute("select root from ledger_checkpoint order by size desc limit 1").fetchone() == (
        root_of(hashes),
    )


def test_no_checkpoint_is_made_of_a_log_that_is_not_the_signed_one(stored: Stored, write: Write, owner: Owner) -> None:
    write(525)  # so that there are nodes
    stored.run(lambda: sealing.seal(checkpoint=True))
    owner.execute(
        "alter table ledger_node disable trigger keeps; update ledger_node set hash = sha256(hash) where place = 1"
    )
    write(2)
    with pytest.raises(sealing.SealBrokenError, match="not those that were signed"):
        stored.run(lambda: sealing.seal(checkpoint=True))
