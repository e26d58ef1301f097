"""Text from reports: safe, cut, and otherwise as it was."""

import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from remit.ingest.text import CUT, clean, cves, cwes, line, links

ANY_TEXT = st.text(st.characters(codec=None, exclude_categories=()), max_size=300)


@pytest.mark.parametrize(
    ("given_text", "expected"),
    [
        (None, ""),
        ("", ""),
        ("plain", "plain"),
        ("  around  ", "around"),
        ("a\x00b", "a\ufffdb"),
        ("a\ud800b", "a\ufffdb"),
        ("\x1b[2J", "␛[2J"),
        ("a\x7fb", "a␡b"),
        ("a\x9bb", "a⟨U+009B⟩b"),
        ("a\r\nb\rc\x85d\u2028e", "a\nb\nc\nd\ne"),
        ("safe\u202egnp.exe", "safe⟨U+202E⟩gnp.exe"),
        ("pay\u200bpal", "pay⟨U+200B⟩pal"),
        ("tab\tand\nline", "tab\tand\nline"),
        ("família, 製品, \u0301", "família, 製品, \u0301"),
        ("'; DROP TABLE x;-- \\ %_ \" ` {{7*7}}", "'; DROP TABLE x;-- \\ %_ \" ` {{7*7}}"),
    ],
)
def test_clean(given_text, expected):
    assert clean(given_text, 100) == expected


def test_long_text_is_cut_and_says_so():
    assert clean("a" * 101, 100) == "a" * (100 - len(CUT)) + CUT
    assert clean("a" * 100, 100) == "a" * 100


@given(ANY_TEXT, st.integers(min_value=10, max_value=200))
def test_clean_text_is_safe_and_short(text, limit):
    found = clean(text, limit)
    assert len(found) <= limit
    found.encode()
    assert all(unicodedata.category(c) not in ("Cc", "Cs") or c in "\t\n" for c in found)
    assert not set(found) & set("\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069\ufeff")
    if len(text) <= limit:
        assert clean(found, limit) == found or len(clean(text, 10_000)) > limit


@given(ANY_TEXT)
def test_a_line_is_one_line(text):
    found = line(text, 120)
    assert len(found) <= 120
    assert "\n" not in found
    assert "\t" not in found
    assert "  " not in found


def test_a_header_cannot_be_injected():
    assert line("R1\r\nBcc: x@example.org") == "R1 Bcc: x@example.org"


def test_identifiers_and_links():
    assert cves(["CVE-2021-1 cve-2021-44228", None, "x CVE-2021-44228-log4j", "CVE-2026-123456"]) == (
        "CVE-2021-44228",
        "CVE-2026-123456",
    )
    assert cwes(["CWE-79", "cwe-079: XSS", "89", 22, "none", None]) == (79, 89, 22)
    assert links(["https://a.example/1\nhttp://b.example", "javascript:alert(1)", None, "see https://a.example/1"]) == (
        "https://a.example/1",
        "http://b.example",
    )
