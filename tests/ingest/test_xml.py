"""The guarded XML reader."""

import io

import pytest

from remit.ingest import xml
from remit.ingest.rejected import ImportRejected

DOCUMENT = '<?xml version="1.0" encoding="{encoding}"?>{head}<r><a n="1">x{body}</a><skip><b/></skip><a n="2"/></r>'


def texts(content, **options):
    return [
        (item.get("n"), item.text)
        for item in xml.elements(io.BytesIO(content), "a", "skip", **options)
        if item.tag == "a"
    ]


def written(*, encoding="UTF-8", head="", body="", bytes_as="utf-8"):
    return DOCUMENT.format(encoding=encoding, head=head, body=body).encode(bytes_as)


@pytest.mark.parametrize(
    "content",
    [
        written(),
        written(head="<!DOCTYPE r>"),
        written(head='<?xml-stylesheet href="http://127.0.0.1:9/x.xsl"?>'),
        written(encoding="UTF-16", bytes_as="utf-16"),
        written(encoding="ISO-8859-1"),
        b"\xef\xbb\xbf" + written(),
    ],
)
def test_accepted(content):
    assert texts(content) == [("1", "x"), ("2", None)]


@pytest.mark.parametrize(
    ("content", "code"),
    [
        (written(head='<!DOCTYPE r [<!ENTITY e "v">]>'), "xml-entity"),
        (written(head='<!DOCTYPE r [<!ENTITY e SYSTEM "file:///etc/passwd">]>', body="&e;"), "xml-entity"),
        (written(head='<!DOCTYPE r [<!ENTITY % p SYSTEM "http://127.0.0.1:9/p.dtd"> %p;]>'), "xml-entity"),
        (written(head='<!DOCTYPE r SYSTEM "http://127.0.0.1:9/r.dtd">'), "xml-external"),
        (written(head='<!DOCTYPE r PUBLIC "-//X" "http://127.0.0.1:9/r.dtd">'), "xml-external"),
        (written(body="&undefined;"), "xml-entity"),
        (written(body='<i:include xmlns:i="http://www.w3.org/2001/XInclude" href="/etc/passwd"/>'), "xml-external"),
        (written(encoding="UTF-7"), "xml-encoding"),
        (written(encoding="UTF-16"), "xml-encoding"),
        (written(encoding="UTF-8", bytes_as="utf-16"), "xml-encoding"),
        (written(body="\u00ff", bytes_as="latin-1"), "xml-encoding"),
        (written()[:-10], "xml-malformed"),
        (written(body="\x00"), "xml-malformed"),
        (written(body="&#x1;"), "xml-malformed"),
        (
            written(body="<c " + " ".join(f'x{i}="1"' for i in range(1_500)) + "/>").replace(b"<c ", b"<a "),
            "too-many-attributes",
        ),
        (written(body="<c>" * 5_000 + "</c>" * 5_000), "too-deep"),
        (written(body="y" * 11_000_000), "too-large"),
        (b"not XML", "xml-malformed"),
    ],
)
def test_refused(content, code):
    with pytest.raises(ImportRejected) as refused:
        texts(content)
    assert refused.value.code == code
    assert refused.value.where


def test_a_known_external_dtd_is_tolerated_and_never_loaded():
    content = written(head='<!DOCTYPE r SYSTEM "https://a.tool.example/r.dtd">')
    assert len(texts(content, dtd=r"https://[a-z.]+\.tool\.example/r\.dtd")) == 2
    with pytest.raises(ImportRejected):
        texts(content, dtd=r"https://other\.example/.*")


def test_elements_are_freed_as_they_are_read():
    content = b"<r>" + b"<a><b>x</b></a>" * 1_000 + b"</r>"
    for element in xml.elements(io.BytesIO(content), "a"):
        before = list(element.itersiblings(preceding=True))
        assert [len(other) for other in before] in ([], [0])
        assert element.findtext("b") == "x"


@pytest.mark.parametrize(
    ("head", "name"),
    [
        (b"<r/>", "r"),
        (b'<?xml version="1.0"?><!-- <no> --><!DOCTYPE x><x:r a="1">', "x:r"),
        (b"<!-- <no>", ""),
        (b"<" * 60_000, ""),
        (b"<!--" * 16_000, ""),
        (b"{}", ""),
    ],
)
def test_root_name(head, name):
    assert xml.root_name(head) == name
