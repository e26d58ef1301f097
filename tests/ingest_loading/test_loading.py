"""Files become assets, weaknesses and findings, once."""

from __future__ import annotations

from pathlib import Path

import pytest
from django.core.exceptions import PermissionDenied
from django.db import connection

from remit.identify.assets.models import Asset
from remit.identify.vulnerabilities.models import Occurrence
from remit.identify.vulnerabilities.priorities import recompute
from remit.ingest.models import Import
from remit.ingest.rejected import ImportRejected
from remit.ingest.services import import_files, import_one
from tests.conftest import Cast, being
from tests.ingest_loading.reports import many, nessus, rows, states

pytestmark = pytest.mark.django_db

TABLES = "assets_asset", "assets_identifier", "vulnerabilities_weakness", "vulnerabilities_occurrence", "ingest_import"


def everything() -> list[list[tuple[object, ...]]]:
    return [rows(f"select * from {table} order by id") for table in TABLES]


def ledger() -> int:
    """How many entries the ledger has had; its table is the database's own, its sequence may be read."""
    return int(
        rows("select coalesce(pg_sequence_last_value(pg_get_serial_sequence('ledger_entry', 'id')::regclass), 0)")[0][0]
    )


def test_a_report_becomes_records(tmp_path: Path, cast: Cast) -> None:
    file = nessus(tmp_path / "a.nessus", many(4, 5))
    outcome = import_files([file], unit="com", user_id=cast.bob.pk)[0]
    assert (outcome["state"], outcome["items"], outcome["new"], outcome["new_assets"]) == ("loaded", 20, 20, 4)
    with being(cast.bob):
        record = Import.objects.get()
        assert (record.state, record.tool, record.weaknesses_new, record.owner) == ("loaded", "nessus", 5, cast.bob)
        assert {asset.unit for asset in Asset.objects.all()} == {cast.company}
        finding = Occurrence.objects.select_related("weakness", "asset").first()
        assert finding is not None
        assert (finding.state, finding.location, finding.detail) == ("open", "443/tcp", "seen")
        assert finding.weakness.cvss_score == 8.8
        assert finding.score > 0
        assert finding.due_on is not None
    with being(cast.eve):
        assert not Occurrence.objects.exists()
        assert not Asset.objects.exists()


def test_the_same_file_again_changes_nothing(tmp_path: Path, cast: Cast) -> None:
    file = nessus(tmp_path / "a.nessus", many())
    import_one(file, unit="com", coverage="complete")
    before, entries = everything(), ledger()
    outcome = import_one(file, unit="com", coverage="complete")
    assert (outcome["state"], outcome["new"]) == ("unchanged", 0)
    assert everything() == before
    assert ledger() == entries


def test_another_file_that_says_the_same_changes_only_the_imports(tmp_path: Path, cast: Cast) -> None:
    import_one(nessus(tmp_path / "a.nessus", many()), unit="com")
    before = everything()[:-1]
    copy = nessus(tmp_path / "b.nessus", many())
    copy.write_text(copy.read_text() + "\n")
    outcome = import_one(copy, unit="com", coverage="complete")
    assert (outcome["state"], outcome["seen_again"], outcome["closed"]) == ("loaded", 20, 0)
    assert everything()[:-1] == before


def test_alike_items_are_never_merged_away(tmp_path: Path, cast: Cast) -> None:
    twice = {"10.1.0.1": [(1000, 443)] * 3, "10.1.0.2": [(1000, 443)]}
    same = dict.fromkeys(twice, "one.corp.example")
    outcome = import_one(nessus(tmp_path / "a.nessus", twice, names=same), unit="com")
    assert (outcome["new"], outcome["new_assets"]) == (4, 1)
    again = nessus(tmp_path / "b.nessus", twice, names=same, day=1)
    assert import_one(again, unit="com", coverage="complete")["seen_again"] == 4


def test_a_later_scan_moves_last_seen_and_an_earlier_one_only_first_seen(tmp_path: Path, cast: Cast) -> None:
    import_one(nessus(tmp_path / "a.nessus", many(1, 1), day=5), unit="com")
    import_one(nessus(tmp_path / "b.nessus", many(1, 1), day=1, outputs="older"), unit="com")
    [(first, last, detail)] = rows("select first_seen, last_seen, detail from vulnerabilities_occurrence")
    assert ((last - first).days, detail) == (4, "seen")
    import_one(nessus(tmp_path / "c.nessus", many(1, 1), day=6, outputs="newer"), unit="com")
    [(first, last, detail)] = rows("select first_seen, last_seen, detail from vulnerabilities_occurrence")
    assert ((last - first).days, detail) == (5, "newer")


def test_being_seen_again_puts_nothing_off(tmp_path: Path, cast: Cast) -> None:
    due = "select due_on from vulnerabilities_occurrence"
    import_one(nessus(tmp_path / "a.nessus", many(1, 1), day=5), unit="com")
    [(first,)] = rows(due)
    import_one(nessus(tmp_path / "b.nessus", many(1, 1), day=9, outputs="newer"), unit="com")
    assert rows(due) == [(first,)]
    import_one(nessus(tmp_path / "c.nessus", many(1, 1), day=3, outputs="older"), unit="com")
    [(earlier,)] = rows(due)
    assert (first - earlier).days == 2
    assert recompute() == 0, "the loader and the daily job agree"


def test_decisions_of_people_stand(tmp_path: Path, cast: Cast) -> None:
    import_one(nessus(tmp_path / "a.nessus", many(1, 3)), unit="com")
    with being(cast.alice):
        accepted, dismissed, dated = Occurrence.objects.order_by("pk")
        accepted.move("accept", reason="Isolated network")
        dismissed.move("dismiss", reason="Not installed")
        dated.due_on = "2027-06-01"
        dated.save()
    import_one(nessus(tmp_path / "b.nessus", many(1, 3), day=1, severity=4), unit="com", coverage="complete")
    assert states() == {"accepted": 1, "false_positive": 1, "open": 1}
    with being(cast.alice):
        assert str(Occurrence.objects.get(pk=dated.pk).due_on) == "2027-06-01"


def test_what_a_person_entered_is_kept(tmp_path: Path, cast: Cast) -> None:
    with being(cast.bob):
        asset = Asset.objects.create(
            unit=cast.company, name="The till", fqdn="Till.corp.example", operating_system="Own OS"
        )
    names = {"10.1.0.1": "till.corp.example"}
    outcome = import_one(nessus(tmp_path / "a.nessus", many(1, 1), names=names), unit="com")
    assert outcome["new_assets"] == 0
    with being(cast.bob):
        asset.refresh_from_db()
        assert (asset.name, asset.operating_system, asset.addresses) == ("The till", "Own OS", ["10.1.0.1"])
        assert asset.last_seen is not None


def test_an_import_recognises_nothing_beyond_its_unit(tmp_path: Path, cast: Cast) -> None:
    names = {"10.1.0.1": "shared.corp.example"}
    import_one(nessus(tmp_path / "a.nessus", many(1, 1), names=names), unit="sib")
    outcome = import_one(nessus(tmp_path / "b.nessus", many(1, 1), names=names), unit="com", user_id=cast.bob.pk)
    assert (outcome["new"], outcome["new_assets"]) == (1, 1)


def test_only_who_may_write_there_imports(tmp_path: Path, cast: Cast) -> None:
    file = nessus(tmp_path / "a.nessus", many(1, 1))
    with pytest.raises(PermissionDenied):
        import_one(file, unit=cast.sibling, user_id=cast.bob.pk)
    with pytest.raises(ImportRejected, match="unknown-unit"):
        import_one(file, unit="sib", user_id=cast.bob.pk)
    with pytest.raises(PermissionDenied):
        import_one(file, unit="com", user_id=cast.dan.pk)
    assert not rows("select from ingest_import")


def test_a_refused_file_leaves_only_why(tmp_path: Path, cast: Cast) -> None:
    file = nessus(tmp_path / "a.nessus", many())
    file.write_text(file.read_text()[:-60])
    before = everything()[:-1]
    with pytest.raises(ImportRejected):
        import_one(file, unit="com", user_id=cast.bob.pk)
    assert everything()[:-1] == before
    with being(cast.bob):
        record = Import.objects.get()
    assert record.state == "refused"
    assert record.code
    assert record.place.startswith("line ")
    assert record.hint


def test_findings_follow_their_asset(tmp_path: Path, cast: Cast) -> None:
    import_one(nessus(tmp_path / "a.nessus", many(1, 2)), unit="com")
    with being(cast.alice):
        asset = Asset.objects.get()
        asset.unit, asset.owner, asset.criticality, asset.exposure = cast.sibling, cast.eve, 5, "internet"
        before = Occurrence.objects.first()
        asset.save()
        for finding in Occurrence.objects.all():
            assert (finding.unit, finding.owner) == (cast.sibling, cast.eve)
            assert before is not None
            assert finding.score > before.score


def test_the_ledger_names_the_person_and_the_import(tmp_path: Path, cast: Cast) -> None:
    import_one(nessus(tmp_path / "a.nessus", many(1, 1)), unit="com", user_id=cast.bob.pk)
    with being(cast.bob), connection.cursor() as cursor:
        finding = Occurrence.objects.get()
        cursor.execute(
            "select actor_id, system, verb from remit_history(%s, %s, null, 9)",
            ["vulnerabilities.occurrence", finding.pk],
        )
        assert cursor.fetchall() == [(cast.bob.pk, f"import IMP-{finding.first_import_id}", "import")]


def test_the_file_is_kept(tmp_path: Path, cast: Cast) -> None:
    from remit.ingest.keeping import kept

    file = nessus(tmp_path / "a.nessus", many(1, 1))
    import_one(file, unit="com", user_id=cast.bob.pk)
    with being(cast.bob), kept(Import.objects.get()) as path:
        assert path.read_bytes() == file.read_bytes()
