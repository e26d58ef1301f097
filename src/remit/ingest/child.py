"""The process that parses an untrusted file: started by `parsing`, as a script, with the file as its standard input.

It gives up what it does not need (memory, time, files, network, the right to write or to start anything) before it
reads the first byte, and answers on standard output in frames: a letter, a length of four bytes, and as many bytes of
MessagePack. "F" the format's name, "O" a list of observations, "." the end, "E" code, place and hint of a refusal.
"""

from __future__ import annotations

import os
import resource
import struct
import sys
from typing import Any, Final

FRAME: Final = struct.Struct(">cI")
_DENIED: Final = (
    "socket.",
    "subprocess.",
    "os.exec",
    "os.fork",
    "os.posix_spawn",
    "os.spawn",
    "os.system",
    "os.remove",
    "os.rename",
    "os.rmdir",
    "os.mkdir",
    "os.link",
    "os.symlink",
    "os.truncate",
    "os.chmod",
    "os.chown",
    "os.kill",
    "ctypes.",
    "pty.",
    "shutil.",
    "urllib.",
)
_WRITING: Final = os.O_WRONLY | os.O_RDWR | os.O_CREAT | os.O_TRUNC | os.O_APPEND


def main() -> int:
    """Parses standard input; the arguments are the folders to import from."""
    sys.path[:0] = sys.argv[1:]
    import gc  # noqa: PLC0415  (only now is it known where to import from)

    import msgspec  # noqa: PLC0415

    from remit.ingest import limits  # noqa: PLC0415
    from remit.ingest.formats import load  # noqa: PLC0415
    from remit.ingest.reading import read  # noqa: PLC0415
    from remit.ingest.rejected import ImportRejected  # noqa: PLC0415

    load()
    gc.disable()  # nothing here makes cycles, and looking for them takes a third of the time
    encoder = msgspec.msgpack.Encoder()
    with os.fdopen(1, "wb", 0) as out, os.fdopen(0, "rb") as file:
        _confine(limits)
        try:
            name, observations = read(file)
            _send(out, b"F", encoder.encode(name))
            batch: list[Any] = []
            for observation in observations:
                batch.append(observation)
                if len(batch) == limits.BATCH_ROWS:
                    _send_batch(out, encoder, batch, limits.FRAME_BYTES)
                    batch = []
            _send_batch(out, encoder, batch, limits.FRAME_BYTES)
            _send(out, b".", b"")
        except ImportRejected as rejected:
            _send(out, b"E", encoder.encode((rejected.code, rejected.where, rejected.hint)))
        except MemoryError:
            hint = "Split the report: reading it takes more memory than one file is given."
            _send(out, b"E", encoder.encode(("too-large", "whole file", hint)))
        except BrokenPipeError:
            return 1  # whoever asked has gone
        except Exception as error:
            hint = "The parser could not cope with this file; please report it as a fault of Remit."
            _send(out, b"E", encoder.encode(("parser-failed", _origin(error), hint)))
    return 0


def _send_batch(out: Any, encoder: Any, batch: list[Any], most: int) -> None:
    """Sends observations, in halves where their texts are too long for one frame."""
    body = encoder.encode(batch)
    if len(body) <= most or len(batch) == 1:
        _send(out, b"O", body)
        return
    for half in (batch[: len(batch) // 2], batch[len(batch) // 2 :]):
        _send_batch(out, encoder, half, most)


def _send(out: Any, kind: bytes, body: bytes) -> None:
    view = memoryview(FRAME.pack(kind, len(body)) + body)
    while view:
        view = view[out.write(view) :]


def _origin(error: Exception) -> str:
    """Where in the parser it happened: no text of the file."""
    trace = error.__traceback__
    while trace is not None and trace.tb_next is not None:
        trace = trace.tb_next
    place = f"{trace.tb_frame.f_globals.get('__name__')}:{trace.tb_lineno}" if trace else "unknown place"
    return f"{type(error).__name__} at {place}"


def _confine(limits: Any) -> None:
    """Gives up everything that parsing does not need; what the system does not let us give up stays."""
    _leave_network()
    for kind, most in (
        (resource.RLIMIT_AS, limits.CHILD_ADDRESS_SPACE),
        (resource.RLIMIT_CPU, limits.CHILD_CPU),
        (resource.RLIMIT_FSIZE, 0),
        (resource.RLIMIT_NOFILE, limits.CHILD_FILES),
        (resource.RLIMIT_CORE, 0),
    ):
        hard = resource.getrlimit(kind)[1]
        lowest = most if hard == resource.RLIM_INFINITY else min(most, hard)
        resource.setrlimit(kind, (lowest, lowest))
    sys.addaudithook(_deny)


def _leave_network() -> None:
    """Moves into a network namespace of its own, with nothing in it, where the system permits that."""
    import ctypes  # noqa: PLC0415

    new_user, new_network, no_new_privileges = 0x10000000, 0x40000000, 38
    library = ctypes.CDLL(None)
    library.prctl(no_new_privileges, 1, 0, 0, 0)
    if library.unshare(new_network) != 0:
        library.unshare(new_user | new_network)


def _deny(event: str, arguments: tuple[Any, ...]) -> None:
    """Refuses sockets, processes and every write to the file system."""
    if event == "open" and isinstance(arguments[2], int) and arguments[2] & _WRITING:
        raise PermissionError("a parser writes no file")
    if event.startswith(_DENIED):
        raise PermissionError(f"a parser has no use for {event}")


if __name__ == "__main__":
    sys.exit(main())
