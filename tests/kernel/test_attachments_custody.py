"""Custody, legal holds and retention on their pages, and who may do what there."""

from __future__ import annotations

import io
from pathlib import Path
from typing import Any

import pytest
from django.db import DatabaseError, connection, transaction

from remit.cli.check import _keys
from remit.identify.assets.models import Asset
from remit.kernel.access.models import Unit
from remit.kernel.access.services import grant
from remit.kernel.attachments import custody, files, holds, retention
from remit.kernel.attachments.models import Evidence, LegalHold, RetentionRule, StoredFile
from remit.kernel.attachments.refused import AttachmentRefusedError
from remit.kernel.attachments.services import attach, open_evidence
from remit.kernel.keys import ring, rotation
from tests.conftest import Cast, being, make, signed_in

pytestmark = pytest.mark.usefixtures("folder")


@pytest.fixture
def server(cast: Cast) -> Any:
    return make(Asset, unit=cast.company, name="gw-ams-03")


@pytest.fixture
def kept(cast: Cast, server: Any) -> Evidence:
    with being(cast.bob):
        return attach(server, "scan.txt", io.BytesIO(b"all fine\n"), source="ssh")


def deeds(kept: Evidence, person: Any) -> list[tuple[str, str, str]]:
    with being(person):
        return [(step.by, step.deed, step.note) for step in custody.steps(kept)]


def test_custody_tells_everything_that_happened(cast: Cast, server: Any, kept: Evidence) -> None:
    with being(cast.dan), open_evidence(kept) as file:
        assert file.read() == b"all fine\n"
    signed_in(cast.dan).post(f"/evidence/{kept.pk}/verify/")
    alice = signed_in(cast.alice)
    alice.post(f"/evidence/{kept.pk}/hold/", {"reason": "Matter 7"})
    alice.post(f"/evidence/{kept.pk}/lift/")
    made = rotation.rotate().made
    assert deeds(kept, cast.dan) == [
        ("Bob Test", "attached and sealed", "from ssh"),
        ("Dan Test", "read", f"scan.txt of assets.asset {server.pk}"),
        ("Dan Test", "verified", f"unchanged: SHA-256 {kept.digest}"),
        ("Alice Test", "put under legal hold", "Matter 7"),
        ("Alice Test", "legal hold lifted", "Matter 7"),
        ("Remit (key rotation)", "key wrapped anew", f"by {made}"),
    ]
    text = signed_in(cast.dan).get(f"/evidence/{kept.pk}/custody.txt").content.decode()
    for said in (kept.digest, "Bob Test: attached and sealed", f"by {made}", server.ref, "for Dan Test"):
        assert said in text
    assert deeds(kept, cast.dan)[-1] == ("Dan Test", "custody exported", "as text")


def test_custody_is_hidden_with_its_record(cast: Cast, kept: Evidence) -> None:
    assert deeds(kept, cast.eve) == []
    eve = signed_in(cast.eve)
    for last in ("custody/", "custody.txt"):
        assert eve.get(f"/evidence/{kept.pk}/{last}").status_code == 404
    for last in ("verify/", "hold/", "lift/"):
        assert eve.post(f"/evidence/{kept.pk}/{last}").status_code == 404


def test_custody_does_not_tell_that_others_have_the_same_content(cast: Cast, kept: Evidence) -> None:
    rotation.rotate()
    elsewhere = make(Asset, unit=cast.sibling, name="elsewhere")
    with being(None):
        other = attach(elsewhere, "copy.txt", io.BytesIO(b"all fine\n"))
        assert other.stored_id == kept.stored_id
        fresh = attach(elsewhere, "fresh.txt", io.BytesIO(b"all new\n"))
    of_both = [[(deed, note) for _, deed, note in deeds(each, None)] for each in (other, fresh)]
    assert of_both == [[("attached and sealed", "")]] * 2


def test_verifying_finds_what_was_changed(cast: Cast, kept: Evidence) -> None:
    path = files.place(kept.digest)
    raw = bytearray(path.read_bytes())
    raw[-1] ^= 1
    path.write_bytes(raw)
    page = signed_in(cast.dan).post(f"/evidence/{kept.pk}/verify/", follow=True).content.decode()
    assert "not as it was attached" in page
    assert deeds(kept, cast.dan)[-1][2].startswith("failed: It is damaged")


def test_only_heads_of_security_hold(cast: Cast, server: Any, kept: Evidence) -> None:
    bob, alice = signed_in(cast.bob), signed_in(cast.alice)
    for url in (f"/assets/{server.pk}/hold/", f"/evidence/{kept.pk}/hold/"):
        assert bob.post(url, {"reason": "Mine"}).status_code == 403
    alice.post(f"/assets/{server.pk}/hold/", {"reason": " "})
    with being(None):
        assert not LegalHold.objects.exists()
    alice.post(f"/assets/{server.pk}/hold/", {"reason": "Matter 7"})
    page = bob.get(server.get_absolute_url()).content.decode()
    assert "Legal hold" in page
    assert "Put under legal hold" not in page
    assert "Lift the legal hold" in alice.get(server.get_absolute_url()).content.decode()


@pytest.mark.parametrize("whole", [True, False])
def test_what_is_held_is_not_deleted_by_anybody(cast: Cast, server: Any, kept: Evidence, whole: bool) -> None:
    with being(cast.alice):
        held = holds.hold(server, "Matter 7", None if whole else kept)
        assert holds.hold(server, "Again", None if whole else kept) == held
    alice = signed_in(cast.alice)
    page = alice.post(f"/assets/{server.pk}/delete/")
    assert page.status_code == 409
    assert "(Matter 7). Lift the hold first." in page.content.decode()
    refused = alice.delete(f"/api/assets/{server.pk}")
    assert (refused.status_code, "Matter 7" in refused.json()["detail"]) == (409, True)
    for person in (cast.alice, None):  # the database holds it too
        with being(person):
            assert Asset.objects.filter(pk=server.pk).delete()[1].get("assets.Asset", 0) == 0
    alice.post(f"/assets/{server.pk}/lift/" if whole else f"/evidence/{kept.pk}/lift/")
    assert alice.post(f"/assets/{server.pk}/delete/").status_code == 302


def test_a_hold_is_never_deleted_and_files_are_the_systems(cast: Cast, server: Any, kept: Evidence) -> None:
    with being(cast.alice):
        held = holds.hold(server, "Matter 7")
        assert not StoredFile.objects.exists()
        assert Evidence.objects.filter(pk=kept.pk).update(removed_by="me") == 0
    for row in (held, StoredFile(pk=kept.stored_id)):
        with being(None), pytest.raises(DatabaseError), transaction.atomic():
            type(row)._default_manager.filter(pk=row.pk)._raw_delete("default")
    with being(cast.eve):
        assert not LegalHold.objects.exists()


def test_evidence_that_is_held_says_so(cast: Cast, server: Any, kept: Evidence) -> None:
    with being(cast.alice):
        holds.hold(server, "Matter 7")
    page = signed_in(cast.dan).get(f"/evidence/{kept.pk}/custody/").content.decode()
    assert "Legal hold on its record" in page
    assert kept.digest in page


def test_retention_is_the_topmost_heads_to_change(cast: Cast) -> None:
    with being(None):
        grant(user=cast.bob, role="head_of_security", unit=Unit.objects.get(pk=cast.company.pk))
    alice, bob = signed_in(cast.alice), signed_in(cast.bob)
    assert "for good" in bob.get("/retention/").content.decode()
    sent = {"kind": "assets.asset", "days": "365"}
    assert bob.post("/retention/", sent).status_code == 403
    with being(cast.bob), pytest.raises(DatabaseError), transaction.atomic():
        retention.change("assets.asset", 365)
    assert alice.post("/retention/", sent).status_code == 302
    assert "Set by Alice Test" in bob.get("/retention/").content.decode()
    for wrong in ({"days": "3"}, {"days": "many"}, {"kind": "assets.nothing"}):
        assert alice.post("/retention/", {**sent, **wrong}).status_code == 422
    assert alice.post("/retention/", {**sent, "days": ""}).status_code == 302
    with being(None):
        assert not RetentionRule.objects.exists()


@pytest.mark.parametrize("reason", ["", " \x00", "x" * 501])
def test_a_hold_has_a_reason(cast: Cast, server: Any, reason: str) -> None:
    with being(cast.alice), pytest.raises(AttachmentRefusedError):
        holds.hold(server, reason)


def test_remit_check_says_which_key_is_missing(cast: Cast, kept: Evidence, settings: Any) -> None:
    assert [finding.remedy for finding in _keys()] == [""]
    (path,) = Path(settings.KEYS_DIR).glob("*.key")
    path.chmod(0o644)
    assert [finding.remedy for finding in _keys()] == [f"Run: chmod 600 {path}"]
    path.unlink()
    ring.forget()
    (finding,) = _keys()
    assert path.name in finding.what
    assert "Restore the folder of keys" in finding.remedy


def test_what_is_read_is_on_the_ledger_without_its_key(cast: Cast, kept: Evidence) -> None:
    with being(cast.bob), open_evidence(kept) as file:
        assert file.read() == b"all fine\n"
    with being(None), connection.cursor() as cursor:
        row = StoredFile.objects.get(pk=kept.stored_id)
        cursor.execute("select change::text from remit_custody(%s, 0::bigint, 100)", [kept.pk])
        told = " ".join(str(each[0]) for each in cursor.fetchall())
    assert bytes(row.wrapped).hex() not in told
    assert "wrapped" not in told
