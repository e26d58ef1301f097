"""Hostile files: each refused or accepted as promised, within 2 s and 64 MB, and nothing done outside."""

import pytest

from tests.hostile import generator, measured


@pytest.fixture(scope="module")
def corpus(tmp_path_factory):
    folder = tmp_path_factory.mktemp("hostile")
    idle = folder / "idle"
    idle.write_text(generator.sarif())
    expected = generator.write(folder)
    before = {path.name for path in folder.iterdir()}
    found = measured.answers([path for path, _ in expected], idle)
    assert {path.name for path in folder.iterdir()} == before
    return {path.name: wanted for path, wanted in expected}, found


def test_every_file_is_answered_as_promised(corpus):
    expected, found = corpus
    assert set(expected) == set(found)
    for name, wanted in expected.items():
        measured.check(found[name], wanted)


CODES = {
    "xml-reject-entity-file": "xml-entity",
    "xml-reject-external-dtd": "xml-external",
    "xml-reject-xinclude": "xml-external",
    "xml-reject-deep": "too-deep",
    "xml-reject-many-attributes": "too-many-attributes",
    "xml-reject-utf-7": "xml-encoding",
    "xml-reject-truncated": "xml-malformed",
    "xml-reject-wrong-root": "unknown-format",
    "json-reject-deep-object": "too-deep",
    "json-reject-huge-integer": "json-number",
    "json-reject-duplicate-keys": "json-duplicate-key",
    "json-reject-many-keys": "too-many-keys",
    "json-reject-wrong-types": "json-type",
    "json-reject-dates": "bad-date",
    "json-reject-nothing": "empty",
    "json-reject-sparse": "too-large",
    "archive-reject-report-bomb": "too-large",
    "archive-reject-overlap": "archive-unsafe",
    "archive-reject-lying-size": "archive-damaged",
    "archive-reject-nested": "archive-nested",
    "archive-reject-traversal": "archive-unsafe",
    "archive-reject-symlink": "archive-unsafe",
    "archive-reject-many-entries": "too-many-entries",
    "archive-reject-encrypted": "archive-encrypted",
    "archive-reject-bad-checksum": "archive-damaged",
    "archive-reject-two-names": "archive-unsafe",
    "archive-reject-mixed": "archive-mixed",
    "archive-reject-tar": "archive-unsupported",
    "archive-reject-tar-in-gzip": "archive-unsupported",
    "archive-reject-truncated-gzip": "archive-damaged",
}


@pytest.mark.parametrize("name", CODES)
def test_the_refusal_says_what_is_wrong(corpus, name):
    assert corpus[1][name]["answer"][-1]["error"]["code"] == CODES[name]


def test_a_bad_report_in_an_archive_is_named_by_its_number(corpus):
    assert corpus[1]["archive-reject-one-bad-of-two"]["answer"][-1]["error"]["where"].startswith("member 2, byte ")


def test_texts_are_kept_but_harmless(corpus):
    found = {
        name: [line for line in item["answer"] if line.get("observation") == "occurrence"]
        for name, item in corpus[1].items()
        if "-accept-" in name
    }
    assert found["json-accept-lone-surrogate"][0]["detail"] == "a\ufffdb"
    assert found["json-accept-nul-escape"][0]["detail"] == "a\ufffdb"
    assert found["json-accept-control"][0]["detail"] == "␛[2J␈␡"
    assert found["json-accept-bidirectional"][0]["detail"] == "safe⟨U+202E⟩gnp.exe"
    assert found["json-accept-long-title"][0]["detail"].endswith("… (cut)")
    assert found["json-accept-traversal"][0]["location"] == "../../etc/passwd"
    assert [item.get("ordinal", 0) for item in found["archive-accept-odd-names"]] == [0, 1, 2, 3]
    assert len(found["xml-accept-utf-16"]) == len(found["archive-accept-gzip-of-two-members"]) == 1
    assets = [line for line in corpus[1]["xml-accept-many-hosts"]["answer"] if line.get("observation") == "asset"]
    assert len(assets) == 1
