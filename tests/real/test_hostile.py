"""The shared corpus of hostile files, where it lies beside the checkout: every one of them at every door.

Each file is answered at the door it is meant for as its manifest says, and at the others with a clear answer too. A
file for which there is no reader (yet) is refused as of an unknown format, which is the answer that the manifest asks
of most of them; those it would have accepted are named in UNREAD.
"""

from __future__ import annotations

import io
import json
import re
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Any

import pytest
from django.conf import settings
from django.core.files.uploadedfile import SimpleUploadedFile
from lxml import html

from remit.identify.assets.models import Asset
from remit.ingest.services import import_one
from remit.kernel.attachments.models import Evidence
from remit.kernel.rejected import ImportRejected
from remit.kernel.transfer.tables import read_table
from tests.conftest import Cast, being, signed_in
from tests.hostile import generator, measured
from tests.hostile.costs import MEGABYTES, SECONDS, cost
from tests.security.helpers import body, record_in
from tests.security.test_texts import ADDRESSES

GENERATOR = Path(__file__).parents[2] / "../shared/data/hostile/gen_hostile.py"
SCANS = ("nessus", "nmap", "xml", "sarif", "cyclonedx", "trivy", "sarif.gz", "zip", "tar")
TABLES = ("csv", "xlsx")
EVIDENCE = ("evidence",)
NO_READER = ("oscal-catalog", "oscal-profile", "yaml", "docx-template")
REQUESTS = ("http-body",)
UNREAD = ("xml_doctype_plain.nmap.xml", "oscal_title_xss.json", "yaml_norway.yaml")
"""Good files of formats that have no reader; a clear refusal is the right answer until there is one."""
UNREAL = ("csv_header_only.csv", "csv_bad_enum.csv")
"""Good tables that the plan refuses: one has no rows, one has values that no field takes."""
ACCEPTED = "accept-safely"
LARGE = "json_single_line_1gib.sparse.json"
"""A gigabyte of nothing, which the client of a test would hold in memory; the door of scans answers it."""
OUTSIDE = ("hostile_zipslip.json", "hostile_symlink.json", "hostile_tar.json", "hostile_tar2.json",
           "hostile_yaml_pwned")  # fmt: skip

pytestmark = pytest.mark.skipif(not GENERATOR.exists(), reason="no shared hostile files beside the checkout")
Row = dict[str, Any]


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    made = tmp_path_factory.mktemp("hostile") / "files"
    subprocess.run([sys.executable, str(GENERATOR), str(made)], check=True, capture_output=True)
    return made


@pytest.fixture(scope="module")
def rows(folder: Path) -> list[Row]:
    found: list[Row] = json.loads((folder / "manifest.json").read_text())["files"]
    return found


def check_page(page: bytes, url: str) -> None:
    """Refuse whatever of a file has become an element, a handler or an address of a page."""
    for element in html.document_fromstring(page).iter():
        if not isinstance(element.tag, str):
            continue
        for name, value in element.attrib.items():
            assert not str(name).startswith("on"), f"{url}: <{element.tag} {name}={value!r}>"
            if name in ADDRESSES:
                assert not re.match(r"\s*(javascript|data|vbscript):", str(value), re.I), f"{url}: {value!r}"
        if element.tag in {"script", "style", "iframe", "object", "embed"}:
            assert "alert" not in (element.text or ""), url


def nothing_outside() -> None:
    assert not [name for name in OUTSIDE if (Path("/tmp") / name).exists()]


def test_every_file_has_its_door(rows: list[Row]) -> None:
    assert len(rows) == 143
    doors = {*SCANS, *TABLES, *EVIDENCE, *NO_READER, *REQUESTS}
    assert {row["format"] for row in rows} == doors


def test_the_door_of_scans(folder: Path, rows: list[Row], tmp_path: Path) -> None:
    """All 143: those that are scans as their manifest says, all others refused."""
    idle = tmp_path / "idle"
    idle.write_text(generator.sarif())
    found = measured.answers([folder / row["file"] for row in rows], idle)
    for row in rows:
        good = row["format"] in SCANS and row["expected"] == ACCEPTED and row["file"] not in UNREAD
        measured.check(found[row["file"]], "accept" if good else "reject")
    slowest = max(found.values(), key=lambda item: item["seconds"])
    print(f"{len(found)} files; slowest {slowest['seconds']:.2f} s, {slowest['file']}")
    nothing_outside()


def test_the_door_of_tables(folder: Path, rows: list[Row], cast: Cast) -> None:
    """All 143 on the page of imports: tables as their manifest says, all others a page that says what is wrong."""
    bob, wrong = signed_in(cast.bob), []
    bob.get("/assets/import/")
    for row in rows:
        if row["file"] == LARGE:
            continue
        content = (folder / row["file"]).read_bytes()
        if row["format"] in TABLES and row["file"] not in UNREAL and said_of(content) != row["expected"]:
            wrong.append(f"{row['file']}: expected {row['expected']}, answered {said_of(content)}")
        sent = SimpleUploadedFile(name_of(row), content)
        with cost(settings.DATA_DIR, Path(tempfile.gettempdir())) as spent:
            reply = bob.post("/assets/import/", {"file": sent})
        refused = row["format"] in TABLES and row["expected"] != ACCEPTED and row["file"] not in UNREAL
        if reply.status_code not in ((422,) if refused else (200, 422)):
            wrong.append(f"{row['file']}: answered {reply.status_code}")
        if spent.seconds > SECONDS or spent.megabytes > MEGABYTES or spent.reached:
            wrong.append(f"{row['file']}: {spent}")
        check_page(reply.content, row["file"])
    assert not wrong, "\n".join(wrong)
    with being(None):
        assert Asset.objects.count() == 0, "a dry run stores nothing"
    nothing_outside()


def test_the_door_of_evidence(folder: Path, rows: list[Row], cast: Cast) -> None:
    """All 143 as files about a record: kept to be saved, never to be shown; refused where name and content disagree."""
    bob, wrong = signed_in(cast.bob), []
    asset = record_in(Asset, cast.company, cast.bob)
    bob.get(f"/assets/{asset.pk}/")
    for row in rows:
        if row["file"] == LARGE:
            continue
        sent = SimpleUploadedFile(name_of(row), (folder / row["file"]).read_bytes(), content_type="text/html")
        with being(None):
            before = set(Evidence.objects.values_list("pk", flat=True))
        with cost(settings.DATA_DIR, Path(tempfile.gettempdir())) as spent:
            assert bob.post(f"/assets/{asset.pk}/evidence/", {"file": sent}).status_code == 302
        with being(None):
            new = list(Evidence.objects.exclude(pk__in=before))
        if row["format"] in EVIDENCE and bool(new) != (row["expected"] == ACCEPTED):
            wrong.append(f"{row['file']}: expected {row['expected']}, {'kept' if new else 'refused'}")
        if spent.seconds > SECONDS or spent.megabytes > MEGABYTES or spent.reached:
            wrong.append(f"{row['file']}: {spent}")
        for each in new:
            reply: Any = bob.get(f"/evidence/{each.pk}/")
            header = reply.headers
            assert header["Content-Disposition"].startswith("attachment"), row["file"]
            assert header["Content-Type"] == "application/octet-stream"
            assert header["X-Content-Type-Options"] == "nosniff"
            assert header["Content-Security-Policy"].startswith("sandbox")
            assert "\n" not in header["Content-Disposition"]
            assert ".." not in header["Content-Disposition"]
            assert b"".join(reply.streaming_content) == (folder / row["file"]).read_bytes()
    assert not wrong, "\n".join(wrong)
    check_page(bob.get(f"/assets/{asset.pk}/").content, "the page with all of them")
    nothing_outside()


def said_of(content: bytes) -> str:
    """Return what the reader of tables makes of a file, in the words of the manifest."""
    try:
        read_table(io.BytesIO(content))
    except ImportRejected as refused:
        return "reject-with-clear-error" if all(refused.args) else "an empty refusal"
    return ACCEPTED


def name_of(row: Row) -> str:
    """What the sender calls it: what the attack says, as far as an HTTP client lets it."""
    return str(row.get("upload_name") or row["file"]).replace("\r", "").replace("\n", "")


def test_what_is_accepted_is_shown_safely(folder: Path, rows: list[Row], cast: Cast) -> None:
    """Every accepted scan is loaded; no page, export or answer that shows it holds markup, or fails to encode."""
    good = [row for row in rows if row["format"] in SCANS and row["expected"] == ACCEPTED and row["file"] not in UNREAD]
    assert len(good) > 20
    for row in good:
        with being(cast.bob):
            outcome = import_one(folder / row["file"], unit=cast.company, name=name_of(row))
        assert outcome["state"] in {"loaded", "unchanged"}, row["file"]
    bob = signed_in(cast.bob)
    for slug in ("assets", "findings", "weaknesses", "imports"):
        listed = bob.get(f"/api/{slug}?limit=100")
        assert listed.status_code == 200, slug
        urls = [f"/{slug}/", *(f"/{slug}/{item['id']}/" for item in listed.json()["items"][:40])]
        for url in urls:
            reply = bob.get(url)
            assert reply.status_code == 200, url
            check_page(reply.content, url)
        for kind in ("csv", "xlsx", "json"):
            assert body(bob.get(f"/{slug}/export.{kind}")), (slug, kind)
    nothing_outside()


@pytest.mark.parametrize("url", ["/api/assets", "/assets/new/", "/imports/new/"])
def test_a_packed_request_is_refused_unread(url: str, folder: Path, rows: list[Row], cast: Cast) -> None:
    [row] = [row for row in rows if row["format"] in REQUESTS]
    bob = signed_in(cast.bob)
    with cost(settings.DATA_DIR) as spent:
        reply = bob.post(
            url,
            (folder / row["file"]).read_bytes(),
            content_type="application/json",
            headers={"content-encoding": "gzip"},
        )
    assert reply.status_code == 415
    assert spent.seconds < SECONDS
    assert spent.megabytes < MEGABYTES
