"""Sealed streams: what comes out is what went in, or nothing."""

from __future__ import annotations

import io
import os
import tracemalloc
from collections.abc import Callable

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from remit.kernel.keys.passphrase import passphrase_key
from remit.kernel.keys.streams import (
    CHUNK,
    TAG,
    StreamRefusedError,
    read_header,
    sealed_size,
    sealing_writer,
    unsealing_reader,
)

KEY = bytes(range(32))
SMALL = 16


def sealed(content: bytes, context: str = "this", key: bytes = KEY, chunk: int = SMALL, key_id: bytes = b"k") -> bytes:
    file = io.BytesIO()
    with sealing_writer(file, key, context, key_id=key_id, chunk=chunk) as writer:
        writer.write(content)
    return file.getvalue()


def opened(raw: bytes, context: str = "this", key: bytes = KEY) -> bytes:
    with unsealing_reader(io.BytesIO(raw), key, context) as reader:
        return reader.read()


@settings(max_examples=60, deadline=None)
@given(st.binary(max_size=70), st.lists(st.integers(1, 20), max_size=9))
def test_what_comes_out_is_what_went_in(content: bytes, pieces: list[int]) -> None:
    file, at = io.BytesIO(), 0
    with sealing_writer(file, KEY, "this", chunk=SMALL) as writer:
        for size in pieces:
            writer.write(content[at : at + size])
            at += size
        writer.write(content[at:])
    assert opened(file.getvalue()) == content
    assert len(file.getvalue()) == sealed_size(len(content), chunk=SMALL)
    if len(content) > 3:
        assert content not in file.getvalue()


@settings(max_examples=150, deadline=None)
@given(st.integers(0, 70), st.data())
def test_any_bit_that_is_flipped_is_found(size: int, data: st.DataObject) -> None:
    raw = bytearray(sealed(os.urandom(size)))
    bit = data.draw(st.integers(0, 8 * len(raw) - 1))
    raw[bit // 8] ^= 1 << bit % 8
    with pytest.raises(StreamRefusedError):
        opened(bytes(raw))


def test_any_end_that_is_cut_off_is_found() -> None:
    raw = sealed(b"a" * 50)
    for length in range(len(raw)):
        with pytest.raises(StreamRefusedError):
            opened(raw[:length])


HEAD = len(sealed(b"")) - TAG
STEP = SMALL + TAG


def chunks(raw: bytes) -> list[bytes]:
    return [raw[at : at + STEP] for at in range(HEAD, len(raw), STEP)]


@pytest.mark.parametrize(
    "change",
    [
        lambda parts: [parts[1], parts[0], *parts[2:]],
        lambda parts: parts[:-1],
        lambda parts: parts[1:],
        lambda parts: [*parts, parts[-1]],
        lambda parts: [parts[0], *parts],
        lambda parts: [*parts[:-1], parts[0]],
        lambda parts: [*parts, b"x"],
        lambda parts: [],
    ],
)
def test_chunks_keep_their_order_and_number(change: Callable[[list[bytes]], list[bytes]]) -> None:
    raw = sealed(b"a" * SMALL * 3)
    with pytest.raises(StreamRefusedError, match="damaged or incomplete"):
        opened(raw[:HEAD] + b"".join(change(chunks(raw))))


def test_chunks_of_another_file_do_not_fit() -> None:
    first, second = sealed(b"a" * 48), sealed(b"a" * 48)
    with pytest.raises(StreamRefusedError):
        opened(first[:HEAD] + b"".join([chunks(first)[0], *chunks(second)[1:]]))


@pytest.mark.parametrize(("context", "key"), [("that", KEY), ("this", bytes(32))])
def test_another_purpose_or_key_opens_nothing(context: str, key: bytes) -> None:
    with pytest.raises(StreamRefusedError, match="under another key"):
        unsealing_reader(io.BytesIO(sealed(b"a")), key, context)


@pytest.mark.parametrize("raw", [b"", b"REMIT", b"PK\x03\x04" + bytes(40), b"REMITSF\x01" + b"\xff" * 40])
def test_what_is_no_sealed_file_is_refused(raw: bytes) -> None:
    with pytest.raises(StreamRefusedError):
        opened(raw)


def test_a_later_version_asks_for_a_newer_release() -> None:
    raw = bytearray(sealed(b"a"))
    raw[7] = 2
    with pytest.raises(StreamRefusedError, match="newer release"):
        opened(bytes(raw))


def test_what_was_given_up_is_refused() -> None:
    file = io.BytesIO()

    def give_up() -> None:
        with sealing_writer(file, KEY, "this", chunk=SMALL) as writer:
            writer.write(b"a" * 100)
            raise RuntimeError

    with pytest.raises(RuntimeError):
        give_up()
    with pytest.raises(StreamRefusedError):
        opened(file.getvalue())


def test_no_byte_of_a_damaged_chunk_is_handed_out() -> None:
    raw = bytearray(sealed(b"a" * SMALL + b"b" * SMALL))
    raw[-1] ^= 1
    reader = unsealing_reader(io.BytesIO(bytes(raw)), KEY, "this")
    assert reader.read(SMALL) == b"a" * SMALL
    with pytest.raises(StreamRefusedError, match="chunk 2, from byte 16 on"):
        reader.read(1)


class Trickle(io.BytesIO):
    """A file that answers in small pieces, as a socket does."""

    def read(self, size: int | None = -1, /) -> bytes:
        return super().read(min(size or 0, 5) if size and size > 0 else size)


def test_a_stream_that_trickles_is_read_whole() -> None:
    assert unsealing_reader(Trickle(sealed(b"a" * 100)), KEY, "this").read() == b"a" * 100


def test_memory_stays_at_a_few_chunks() -> None:
    file, piece = io.BytesIO(), bytes(CHUNK)
    tracemalloc.start()
    with sealing_writer(file, KEY, "this") as writer:
        for _ in range(24):
            writer.write(piece)
    file.seek(0)
    base = tracemalloc.get_traced_memory()[0]
    tracemalloc.reset_peak()
    reader = unsealing_reader(file, KEY, "this")
    while reader.read(CHUNK):
        pass
    peak = tracemalloc.get_traced_memory()[1] - base
    tracemalloc.stop()
    assert peak < 6 * CHUNK


def test_a_passphrase_opens_what_it_sealed() -> None:
    key, key_id = passphrase_key("correct horse battery")
    raw = sealed(b"backup", "remit backup", key, key_id=key_id)
    file = io.BytesIO(raw)
    header = read_header(file)
    again, _ = passphrase_key("correct horse battery", header.key_id)
    assert unsealing_reader(file, again, "remit backup", header=header).read() == b"backup"
    with pytest.raises(StreamRefusedError):
        opened(raw, "remit backup", passphrase_key("another passphrase", header.key_id)[0])
    with pytest.raises(ValueError, match="at least 12"):
        passphrase_key("short")
    with pytest.raises(StreamRefusedError, match="not sealed by a passphrase"):
        passphrase_key("correct horse battery", b"scrypt:99:" + b"A" * 22 + b"==")
