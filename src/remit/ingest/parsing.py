"""Untrusted files to observations, each parsed by a limited child process of its own (`child`)."""

from __future__ import annotations

import os
import select
import signal
import stat
import subprocess
import sys
import time
from collections.abc import Iterable, Iterator
from pathlib import Path
from types import TracebackType
from typing import Final, Self, TypeVar

import msgspec

from remit.ingest import limits
from remit.ingest.child import FRAME
from remit.ingest.observations import AnyObservation, Asset, Component, Occurrence, Passed, Weakness
from remit.ingest.rejected import ImportRejected
from remit.ingest.text import line

T = TypeVar("T")

_BATCH: Final = msgspec.msgpack.Decoder(list[AnyObservation])
_REFUSAL: Final = msgspec.msgpack.Decoder(tuple[str, str, str])
_NAME: Final = msgspec.msgpack.Decoder(str)
_ROOT: Final = Path(__file__).parents[2]
_CHILD: Final = Path(__file__).with_name("child.py")


class Observations:
    """The statements of one file, as a stream; also a context manager that ends the child when it is left.

    `format` is known from the start. Iterating raises ImportRejected where the file turns out bad; then none of what
    came before may be kept. When iterating stops early, the child is killed.
    """

    format: str

    def __init__(self, path: Path, name: str) -> None:
        self._buffer = bytearray()
        self._waited = 0.0
        self._child = _start(path, name)
        try:
            self.format = _decoded(_NAME, self._expect(b"F"))
        except BaseException:
            self.close()
            raise

    def __iter__(self) -> Iterator[AnyObservation]:
        try:
            while body := self._expect(b"O."):  # the end alone has no body
                yield from _decoded(_BATCH, body)
        finally:
            self.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def __del__(self) -> None:
        if hasattr(self, "_child"):
            self.close()

    def close(self) -> None:
        """Ends the child if it still runs."""
        if self._child.stdout is not None:
            self._child.stdout.close()
        if self._child.poll() is None:
            self._child.kill()
            self._child.wait()

    def _expect(self, kinds: bytes) -> bytes:
        """The body of the next frame, which must be of one of `kinds`."""
        kind, length = FRAME.unpack(self._read(FRAME.size))
        if length > limits.FRAME_BYTES:
            raise _failed("an answer too long")
        body = self._read(length)
        if kind == b"E":
            raise ImportRejected(*_decoded(_REFUSAL, body))
        if kind not in kinds:
            raise _failed("an answer out of turn")
        return body

    def _read(self, size: int) -> bytes:
        """Exactly `size` bytes of the child's answer."""
        pipe = self._child.stdout
        assert pipe is not None  # noqa: S101  (it was started with one)
        while len(self._buffer) < size:
            self._wait(pipe.fileno())
            block = os.read(pipe.fileno(), 1 << 20)
            if not block:
                raise self._ended()
            self._buffer += block
        content = bytes(self._buffer[:size])
        del self._buffer[:size]
        return content

    def _wait(self, descriptor: int) -> None:
        """Waits for the child to say something; only this waiting counts, not the time the reader takes."""
        started = time.monotonic()
        ready = select.poll()
        ready.register(descriptor, select.POLLIN)
        events = ready.poll(max(0.0, limits.CHILD_WALL - self._waited) * 1000)
        self._waited += time.monotonic() - started
        if not events:
            raise _too_slow()

    def _ended(self) -> ImportRejected:
        """Why the child fell silent."""
        try:
            status = self._child.wait(timeout=1)
        except subprocess.TimeoutExpired:
            return _failed("silence")
        if status in (-signal.SIGXCPU, -signal.SIGKILL):
            return _too_slow()
        return _failed(signal.Signals(-status).name if status < 0 else f"status {status}")


def observe(path: Path, *, name: str | None = None) -> Observations:
    """The statements of the file at `path`, parsed in a child process without network and with bounded memory and time.

    `name` is what its sender called it, for messages. Raises ImportRejected at once for a file of no known format, else
    while iterating. No Django, no database.
    """
    return Observations(path, name or path.name)


class Summary(msgspec.Struct, kw_only=True):
    """How much a file says; `severities` counts occurrences from informational (0) to critical (4)."""

    observations: int = 0
    weaknesses: int = 0
    assets: int = 0
    components: int = 0
    passed: int = 0
    severities: list[int] = msgspec.field(default_factory=lambda: [0] * 5)

    def add(self, observation: AnyObservation) -> None:
        """Counts one statement; `observations` counts occurrences, one for each raw item."""
        match observation:
            case Occurrence(severity=severity):
                self.observations += 1
                self.severities[min(max(severity, 0), 4)] += 1
            case Weakness():
                self.weaknesses += 1
            case Asset():
                self.assets += 1
            case Component():
                self.components += 1
            case Passed():
                self.passed += 1


def describe(observations: Iterable[AnyObservation]) -> Summary:
    """How much these statements say."""
    summary = Summary()
    for observation in observations:
        summary.add(observation)
    return summary


def _decoded(decoder: msgspec.msgpack.Decoder[T], body: bytes) -> T:
    try:
        return decoder.decode(body)
    except msgspec.MsgspecError:
        raise _failed("an answer that is none") from None


def _start(path: Path, name: str) -> subprocess.Popen[bytes]:
    """The child, reading the file at `path`. Raises ImportRejected("unreadable") for what is no readable file."""
    where = line(name, limits.ENTRY_NAME)
    try:
        descriptor = os.open(path, os.O_RDONLY | os.O_CLOEXEC | os.O_NONBLOCK)
    except OSError as error:
        hint = f"The file cannot be opened: {error.strerror}."
        raise ImportRejected("unreadable", where, hint) from None
    try:
        if not stat.S_ISREG(os.fstat(descriptor).st_mode):
            raise ImportRejected("unreadable", where, "This is no ordinary file; give the report itself.")
        packages = [folder for folder in sys.path if folder.endswith(("site-packages", "dist-packages"))]
        return subprocess.Popen(  # noqa: S603  (our own script, by our own interpreter)
            [sys.executable, "-I", "-S", str(_CHILD), str(_ROOT), *packages],
            stdin=descriptor,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            cwd="/",
            env={},
        )
    finally:
        os.close(descriptor)


def _too_slow() -> ImportRejected:
    return ImportRejected("too-slow", "whole file", "Split the report: reading it takes longer than one file is given.")


def _failed(what: str) -> ImportRejected:
    hint = "The parser could not cope with this file; please report it as a fault of Remit."
    return ImportRejected("parser-failed", what, hint)
