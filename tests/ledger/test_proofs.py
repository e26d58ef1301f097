"""A proof shows that entries about a record are in the log, and nothing else passes for one."""

from __future__ import annotations

import dataclasses
import json
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from remit.kernel.ledger.merkle import leaf_hash, root_of, subtrees_of
from remit.kernel.ledger.proofs import (
    EntryProof,
    Proof,
    ProofUnreadable,
    RecordNamed,
    RowProof,
    entry_proof,
    row_proof,
    verify_proof,
)

from .house import ORIGIN, OTHER_KEY, VERIFIER, Log, as_jsonb, checkpoint, entry, verifier

ROWS = [as_jsonb({"id": number, "state": "open", "title": f"Weakness {number}"}) for number in range(150)]
ROW_HASHES = [leaf_hash(row) for row in ROWS]
RECORD = RecordNamed("vulnerabilities.finding", 3, "FND-3")


def loaded() -> Log:
    """A log whose entry 20, at position 19, is over 150 rows."""
    log = Log()
    log.rows[20] = entry(
        20, verb="add", count=150, records=list(range(150)), changes=None, digest=root_of(ROW_HASHES).hex()
    )
    log.order(log.order_now, hash_again=True)
    log.sign_again()
    return log


def proof(*, row: RowProof | None = None, log: Log | None = None) -> Proof:
    log = log or loaded()
    rows = subtrees_of(ROW_HASHES)
    entries = []
    for position, number, _ in log.leaves:
        said = log.rows[number]
        if RECORD.id in said["records"]:
            bulk = row or row_proof(3, 150, ROW_HASHES[3], rows, ROWS[3].decode())
            text = log.data(number, position).decode()
            entries.append(entry_proof(position, text, 40, subtrees_of(log.hashes), bulk if said["digest"] else None))
    return Proof(ORIGIN, (str(VERIFIER),), log.checkpoints[40], RECORD, tuple(entries))


def test_a_proof_that_was_written_is_read_and_shows_each_entry() -> None:
    report = verify_proof(Proof.parse(proof().text().encode()), [VERIFIER])
    assert report.faults == ()
    assert len(report.shown) == 7
    assert "Position 2: 2026-03-02 09:00:00 UTC, person 3: change" in report.shown[0]
    assert "mended “3”" in report.shown[0]
    assert 'add, one of 150 rows: {"id": 3, "state": "open", "title": "Weakness 3"}' in report.shown[3]
    text = "\n".join(report.lines())
    assert text.startswith("Fits: 7 entries about FND-3")
    assert "not that there are no others" in text
    assert "The keys trusted" not in text
    assert json.dumps(report.as_json())


def test_a_row_of_which_only_the_hash_is_known_is_shown_as_such() -> None:
    report = verify_proof(proof(row=row_proof(3, 150, ROW_HASHES[3], subtrees_of(ROW_HASHES))), [VERIFIER])
    assert report.fits
    assert report.shown[3].endswith("one of 150 rows")


def test_without_a_key_the_report_says_whose_was_trusted() -> None:
    report = verify_proof(proof())
    assert report.fits
    assert str(VERIFIER) in "\n".join(report.lines())


def test_a_proof_signed_with_another_key_does_not_fit() -> None:
    log = loaded()
    log.sign_again(OTHER_KEY)
    forged = dataclasses.replace(proof(log=log), keys=(str(verifier(ORIGIN, OTHER_KEY)),))
    assert verify_proof(forged).fits
    report = verify_proof(forged, [VERIFIER])
    assert "none of the keys to be trusted" in report.faults[0]
    assert report.shown == ()
    assert "Does not fit" in "\n".join(report.lines())


def replaced(number: int, **values: Any) -> Proof:
    whole = proof()
    entries = list(whole.entries)
    entries[number] = dataclasses.replace(entries[number], **values)
    return dataclasses.replace(whole, entries=tuple(entries))


def changed_row(**values: Any) -> Proof:
    row = proof().entries[3].row
    assert row is not None
    return replaced(3, row=dataclasses.replace(row, **values))


@pytest.mark.parametrize(
    ("made", "says"),
    [
        (lambda: replaced(0, data=proof().entries[0].data.replace("mended", "closed")), "do not lead to the root"),
        (lambda: replaced(0, position=3), "do not lead to the root"),
        (lambda: replaced(0, position=40), "there is no leaf 40"),
        (lambda: replaced(0, path=()), "has 6 hashes, not 0"),
        (lambda: replaced(0, path=proof().entries[1].path), "do not lead to the root"),
        (lambda: changed_row(data=ROWS[4].decode()), "do not have the row's hash"),
        (lambda: changed_row(data=None, hash=ROW_HASHES[4]), "do not lead to the digest"),
        (lambda: changed_row(index=4), "not at the place of the record"),
        (lambda: changed_row(index=-147), "not at the place of the record"),
        (lambda: changed_row(count=151), "not at the place of the record"),
        (lambda: changed_row(path=()), "has 8 hashes, not 0"),
        (lambda: dataclasses.replace(proof(), record=RecordNamed("vulnerabilities.finding", 4, "FND-4")), "not about"),
        (lambda: dataclasses.replace(proof(), record=RecordNamed("assets.asset", 3, "AST-3")), "not about"),
        (lambda: dataclasses.replace(proof(), origin="else.example"), "of another log"),
        (lambda: dataclasses.replace(proof(), entries=()), "holds no entry"),
        (lambda: dataclasses.replace(proof(), checkpoint=Log(39).checkpoints[39]), "entry at position"),
    ],
)
def test_a_proof_of_which_anything_was_changed_does_not_hold(made: Any, says: str) -> None:
    report = verify_proof(made(), [VERIFIER])
    assert says in report.faults[0]
    assert not report.fits


def test_leaves_that_are_signed_and_no_entries_prove_nothing() -> None:
    """Only who has the key can make them; they are refused in words all the same."""
    for data in (
        b"[]",
        b"null",
        b"{}",
        b'{"position": "x"}',
        b"[" * 50_000,
        b"no json",
        LAST.replace(b"1772442", b"9" * 12),
    ):
        hashes = [leaf_hash(data)]
        made = EntryProof(0, data.decode(), ())
        report = verify_proof(Proof(ORIGIN, (), checkpoint(1, hashes), RECORD, (made,)), [VERIFIER])
        assert report.fits == (data.startswith(b'{"at"'))
        assert list(report.lines())


LAST = as_jsonb({**entry(3), "position": 0})


@settings(deadline=None)
@given(st.data())
def test_a_proof_file_that_was_changed_at_random_is_refused_or_fits_or_says_why_not(data: st.DataObject) -> None:
    text = bytearray(WHOLE)
    at = data.draw(st.integers(0, len(text)))
    text[at : at + data.draw(st.integers(0, 40))] = data.draw(st.binary(max_size=20))
    try:
        report = verify_proof(Proof.parse(bytes(text)), [VERIFIER])
    except ProofUnreadable:
        return
    assert list(report.lines())


WHOLE = proof().text().encode()


@pytest.mark.parametrize("text", [b"", b"{}", b"[]", WHOLE.replace(b"proof/1", b"proof/2"), WHOLE[:-9], b"\xff"])
def test_what_is_no_proof_is_refused(text: bytes) -> None:
    with pytest.raises(ProofUnreadable, match="not a ledger proof"):
        Proof.parse(text)


@pytest.mark.parametrize(
    ("old", "new"), [(b'"checkpoint": "', b'"checkpoint": "x" , "y": "'), (str(VERIFIER).encode(), b"x")]
)
def test_a_proof_with_a_broken_key_or_note_is_refused(old: bytes, new: bytes) -> None:
    with pytest.raises(ProofUnreadable):
        verify_proof(Proof.parse(WHOLE.replace(old, new)))
