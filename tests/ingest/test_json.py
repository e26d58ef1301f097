"""The strict JSON reader: what is refused, and where it says the trouble is."""

import io

import msgspec
import pytest

from remit.ingest import json
from remit.ingest.rejected import ImportRejected


class Thing(msgspec.Struct):
    name: str
    rank: float | None = None
    parts: list["Thing"] = []


def read(content):
    return json.document(io.BytesIO(content), Thing)


@pytest.mark.parametrize(
    ("content", "name"),
    [
        (b'{"name":"a"}', "a"),
        (b'\xef\xbb\xbf{"name":"a"}', "a"),
        ('{"name":"é"}'.encode("utf-16"), "é"),
        (b'{"name":"a\\ud800b"}', "a\ufffdb"),
        (b'{"name":"\\ud83d\\ude00"}', "😀"),
        (b'{"name":"\\\\ud800"}', "\\ud800"),
        (b'{"name":"say \\"hi\\" \\\\"}', 'say "hi" \\'),
        (b'{"name":"a","rank":1,"other":{"name":"x"}}', "a"),
    ],
)
def test_accepted(content, name):
    assert read(content).name == name


@pytest.mark.parametrize(
    ("content", "code", "where"),
    [
        (b"", "empty", "byte 0"),
        (b" \n ", "empty", "byte 0"),
        (b'{"name":"\xed\xa0\x80"}', "json-encoding", "byte 9"),
        (b'{"name":NaN}', "json-malformed", "byte 8"),
        (b'{"name":"a","rank":Infinity}', "json-malformed", "byte 19"),
        (b'{"name":"a","rank":1e400}', "json-number", "whole file"),
        (b'{"name":"a","x":[{"y":9223372036854775808}]}', "json-number", "x[0]"),
        (b'{"name":"a","rank":' + b"9" * 500_000 + b"}", "json-number", "whole file"),
        (b'{"name":"a","name":"b"}', "json-duplicate-key", "top level"),
        (b'{"name":"a","x":{"y":1,"\\u0079":2}}', "json-duplicate-key", "top level"),
        (b'{"name":"a"}\n{}', "json-malformed", "byte 14"),
        (b'// c\n{"name":"a"}', "json-malformed", "byte 0"),
        (b'{"name":"a",}', "json-malformed", "byte 12"),
        (b'{"name":"a\nb"}', "json-malformed", "byte 10"),
        (b'{"name":"a"', "json-malformed", "end of file"),
        (b'{"name":1}', "json-type", "name"),
        (b'{"name":"a","parts":[{"name":"b"},{"name":null}]}', "json-type", "parts[1].name"),
        (b'{"name":"a","rank":true}', "json-type", "rank"),
        (b"[" * 450_000 + b"]" * 450_000, "too-deep", "top level"),
        (b'{"x":' * 70 + b"1" + b"}" * 70, "too-deep", "top level"),
        (b'{"name":"a","x":{' + b",".join(b'"k%d":1' % i for i in range(10_001)) + b"}}", "too-many-keys", "x"),
        (b'{"name":"a","x":[' + b"," * 8_000_001 + b"]}", "too-many-values", "whole file"),
    ],
)
def test_refused(content, code, where):
    with pytest.raises(ImportRejected) as refused:
        read(content)
    assert (refused.value.code, refused.value.where) == (code, where)
    assert refused.value.hint.endswith((".", ";"))


def test_records_name_their_place():
    good, bad = b'{"name":"a"}', b'{"name":2}'
    for content, where in (
        (b"[" + good + b"," + bad + b"]", "[1].name"),
        (good + b"\n\n" + bad, "line 3.name"),
        (bad, "name"),
    ):
        with pytest.raises(ImportRejected) as refused:
            list(json.records(io.BytesIO(content), Thing))
        assert refused.value.where == where
