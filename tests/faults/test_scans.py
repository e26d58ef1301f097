"""Scans that are empty, cut off or nearly empty close nothing, also where they claim to be complete."""

from __future__ import annotations

import gzip
from pathlib import Path

import pytest

from remit.ingest.services import import_one
from remit.kernel.rejected import ImportRejected
from tests.conftest import Cast, being
from tests.ingest_loading.reports import many, nessus, states

EMPTY = '<?xml version="1.0"?><NessusClientData_v2><Report name="r"></Report></NessusClientData_v2>'
NO_HOST_WAS_UP = '{"version":"2.1.0","runs":[{"tool":{"driver":{"name":"t"}},"results":[]}]}'


@pytest.fixture
def loaded(tmp_path: Path, cast: Cast) -> Path:
    whole = nessus(tmp_path / "whole.nessus", many())
    with being(cast.bob):
        import_one(whole, unit=cast.company, coverage="complete")
    assert set(states()) == {"open"}
    return whole


@pytest.mark.parametrize("share", [0.0, 0.02, 0.5, 0.9, 0.999])
@pytest.mark.parametrize("packed", [False, True], ids=["plain", "gzip"])
def test_a_scan_that_was_cut_off_is_refused_and_closes_nothing(
    share: float, packed: bool, loaded: Path, tmp_path: Path, cast: Cast
) -> None:
    before = states()
    later = nessus(tmp_path / "later.nessus", many(hosts=3), day=3).read_bytes()
    sent = gzip.compress(later) if packed else later
    cut = tmp_path / "cut.nessus"
    cut.write_bytes(sent[: int(len(sent) * share)])
    with being(cast.bob), pytest.raises(ImportRejected) as refused:
        import_one(cut, unit=cast.company, coverage="complete")
    assert all((refused.value.code, refused.value.where, refused.value.hint))
    assert states() == before


@pytest.mark.parametrize("content", [EMPTY, NO_HOST_WAS_UP], ids=["nessus", "sarif"])
def test_an_empty_scan_closes_nothing_whatever_it_claims(
    content: str, loaded: Path, tmp_path: Path, cast: Cast
) -> None:
    before = states()
    empty = tmp_path / "empty"
    empty.write_text(content)
    with being(cast.bob):
        outcome = import_one(empty, unit=cast.company, coverage="complete")
    assert outcome["closed"] == 0
    assert states() == before
