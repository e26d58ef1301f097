"""Exports are read as they were written, in part and compressed too; what is none is refused with its place."""

from __future__ import annotations

import gzip
import io
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from remit.kernel.ledger.export_format import Export, ExportUnreadable, Header, Sealed, reading, writing
from remit.kernel.ledger.merkle import CompactRange
from remit.kernel.ledger.verifying import verify

from .house import ORIGIN, OTHER_KEY, VERIFIER, Log, checkpoint, opened, verified, verifier

LOG = Log(12, every=5, pending=2)
TEXT = LOG.export()
LINES = TEXT.splitlines(keepends=True)


def sealed(text: bytes) -> list[Sealed]:
    return [item for item in opened(text) if isinstance(item, Sealed)]


def test_what_was_written_is_read() -> None:
    export = opened(TEXT)
    assert export.header == Header(ORIGIN, (VERIFIER,))
    assert sealed(TEXT) == [Sealed(p, held, LOG.data(number, p)) for p, number, held in LOG.leaves]


@pytest.mark.parametrize("name", ["ledger.export", "ledger.export.gz"])
def test_a_file_is_whole_or_not_there(tmp_path: Path, name: str) -> None:
    path = tmp_path / name
    with pytest.raises(ValueError, match="one line"), writing(path, Header(ORIGIN, (VERIFIER,))) as export:
        export.stray(b"two\nlines")
    assert list(tmp_path.iterdir()) == []
    with writing(path, Header(ORIGIN, (VERIFIER,))) as export:
        for position, number, held in LOG.leaves:
            export.entry(position, held, LOG.data(number, position))
        export.missing(12, bytes(32), None)
    assert [each.name for each in tmp_path.iterdir()] == [name]
    assert path.read_bytes().startswith(b"\x1f\x8b") == name.endswith(".gz")
    with reading(path) as found:
        assert [type(item).__name__ for item in found] == ["Sealed"] * 13 + ["Counts"]


@pytest.mark.parametrize("start", [0, 1, 6, 20, 37, 40])
def test_a_part_is_verified_from_where_it_begins(start: int) -> None:
    log = Log()
    before = CompactRange()
    before.extend(log.hashes[:start])
    part = log.export(start, before.peaks)
    report = verified(part, kept=[checkpoint(max(start, 1), log.hashes), checkpoint(38, log.hashes)], against=log)
    assert report.fits
    assert (report.start, report.size) == (start, 40)
    if 0 < start < 40:
        wrong = verified(log.export(start, [bytes(32), *before.peaks[1:]]))
        assert (wrong.faults[0].kind, wrong.faults[0].since) == ("rewritten", start)


def test_a_checkpoint_from_before_the_part_is_said_not_to_be_checked() -> None:
    log = Log()
    before = CompactRange()
    before.extend(log.hashes[:20])
    report = verified(log.export(20, before.peaks), kept=[log.checkpoints[10]])
    assert report.fits
    assert "not checked" in report.remarks[0]


@pytest.mark.parametrize(
    ("text", "says"),
    [
        (b"", "not a ledger export"),
        (b"remit-ledger-export 2\n", "not a ledger export"),
        (TEXT.replace(b"\n", b"\r\n"), "not a ledger export"),
        (LINES[0], "head of an export"),
        (TEXT.replace(b"origin ", b"orange "), "line 2: the head"),
        (TEXT.replace(b"start 0", b"start 3"), "line 4: the head"),
        (TEXT.replace(b"start 0", b"start -1"), "line 4: the head"),
        (TEXT.replace(b"start 0", b"start " + b"9" * 5000), "line 4: the head"),
        (TEXT.replace(b"start 0", b"start 1 zz"), "line 4: the head"),
        (TEXT.replace(b"\nkey ", b"\nkey x"), "line 3: the verifier key"),
        (TEXT.replace(b"\nentry 3 ", b"\nentrance 3 "), "line 8: no line begins with 'entrance'"),
        (TEXT.replace(b"\nentry 3 ", b"\n\nentry 3 "), "line 8: the line is empty"),
        (TEXT.replace(b"\nentry 3 ", b"\nentry three "), "line 8: what follows “entry”"),
        (TEXT.replace(b"\nentry 3 ", b"\nentry 3 00"), "line 8: what follows “entry”"),
        (TEXT.replace(b"\ncheckpoint ", b"\ncheckpoint x"), "line 10: what follows “checkpoint”"),
        (TEXT.replace(b"\ncheckpoint ", b"\ncheckpoint 5 "), "line 10: what follows “checkpoint”"),
        (TEXT.replace(b'\ncheckpoint "', b'\ncheckpoint "\\ud800'), "line 10: this is no checkpoint"),
        (TEXT.replace(LINES[9], b'checkpoint "' + b"[" * 100_000 + b'"\n'), "line 10: this is no checkpoint"),
        (TEXT.replace(LINES[9], b"checkpoint " + b"[" * 100_000 + b"\n"), "line 10: what follows"),
        (TEXT + LINES[9], "something follows"),
        (b"".join([*LINES[:11], LINES[9], *LINES[11:]]), "line 12: the checkpoint of 5 entries stands after"),
        (TEXT + b"more\n", "something follows"),
        (TEXT[:-1], "cut off within this line"),
        (TEXT[:700], "cut off within this line"),
        (b"".join(LINES[:-1]), "cut off after this line"),
        (TEXT.replace(LINES[-2], b""), "by its last line 12 entries, 2 pending"),
        (TEXT.replace(LINES[9], b""), "2 checkpoints, and by its last line"),
        (gzip.compress(TEXT)[:-200], "cut off or damaged"),
        (gzip.compress(TEXT)[:400] + b"x" * 900, "cut off or damaged"),
    ],
)
def test_what_is_no_whole_export_is_refused_with_its_place(tmp_path: Path, text: bytes, says: str) -> None:
    path = tmp_path / "export"
    path.write_bytes(text)
    with pytest.raises(ExportUnreadable) as refused, reading(path) as export:
        verify(export, keys=[VERIFIER])
    assert says in str(refused.value)
    assert refused.value.where.startswith("export, line ")
    assert refused.value.remedy


def test_a_line_without_end_is_not_read_into_memory(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("remit.kernel.ledger.export_format.MOST_LINE", 1000)
    with pytest.raises(ExportUnreadable, match="longer than 1000"):
        list(opened(TEXT.replace(b"\nentry 3 ", b"\nentry 3 " + b"0" * 2000)))


def test_inputs_that_do_not_belong_together_are_refused() -> None:
    other = Log(5)
    foreign = other.export().replace(f"origin {ORIGIN}".encode(), b"origin else.example")
    keyless = b"".join(line for line in LINES if not line.startswith(b"key "))
    with pytest.raises(ExportUnreadable, match="of another log"):
        verify(opened(TEXT), against=opened(foreign))
    with pytest.raises(ExportUnreadable, match="of another log"):
        verified(foreign, kept=[other.checkpoints[5]])
    with pytest.raises(ExportUnreadable, match="names no key"):
        verify(opened(keyless))
    with pytest.raises(ExportUnreadable, match="no checkpoint"):
        verified(TEXT, kept=["some text"])
    with pytest.raises(ExportUnreadable, match="signature by"):
        verified(TEXT, kept=[LOG.checkpoints[5].replace("\n5\n", "\n6\n")])
    assert "signature" in {fault.kind for fault in verified(foreign).faults}
    assert verify(opened(keyless), keys=[VERIFIER]).fits
    assert not verify(opened(TEXT), keys=[verifier(ORIGIN, OTHER_KEY)]).fits


@settings(deadline=None, max_examples=400)
@given(st.data())
def test_a_file_that_was_changed_at_random_is_refused_or_does_not_fit_or_holds_the_same(data: st.DataObject) -> None:
    draw = data.draw
    text = bytearray(TEXT)
    lines = list(LINES)
    match draw(st.sampled_from(["byte", "cut", "insert", "drop line", "double line", "swap lines", "random line"])):
        case "byte":
            text[draw(st.integers(0, len(text) - 1))] = draw(st.integers(0, 255))
        case "cut":
            begin = draw(st.integers(0, len(text)))
            del text[begin : begin + draw(st.integers(1, 300))]
        case "insert":
            at = draw(st.integers(0, len(text)))
            text[at:at] = draw(st.binary(max_size=40))
        case "drop line":
            del lines[draw(st.integers(0, len(lines) - 1))]
            text = bytearray(b"".join(lines))
        case "double line":
            lines.insert(draw(st.integers(0, len(lines))), draw(st.sampled_from(LINES)))
            text = bytearray(b"".join(lines))
        case "swap lines":
            first, second = draw(st.integers(0, len(lines) - 1)), draw(st.integers(0, len(lines) - 1))
            lines[first], lines[second] = lines[second], lines[first]
            text = bytearray(b"".join(lines))
        case "random line":
            word = draw(st.sampled_from(["entry", "missing", "checkpoint", "pending", "stray", "end", "start", "key"]))
            rest = draw(st.text(max_size=30) | st.from_regex(r"[0-9]{1,3} [0-9a-f]{64} (-|[0-9]|\{\})", fullmatch=True))
            lines.insert(draw(st.integers(0, len(lines))), f"{word} {rest}\n".encode())
            text = bytearray(b"".join(lines))
    try:
        report = verified(bytes(text))
    except ExportUnreadable:
        return
    assert not report.fits or sealed(bytes(text)) == sealed(TEXT)
    assert list(report.lines())
    assert report.as_json()


@settings(deadline=None)
@given(st.binary(max_size=300))
def test_any_bytes_are_refused(text: bytes) -> None:
    with pytest.raises(ExportUnreadable):
        list(Export(io.BytesIO(b"remit-ledger-export 1\n" + text), "any"))
