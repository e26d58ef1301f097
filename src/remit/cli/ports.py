"""Whether a port is free, and if not, who has it."""

import errno
import socket
from contextlib import suppress
from pathlib import Path

from .errors import CommandError

LISTENING = "0A"  # TCP_LISTEN in Linux's /proc/net/tcp


def require_free(port: int) -> None:
    """Refuse a loopback port that cannot be listened on.

    Raises:
        CommandError: it is taken, or needs more rights than we have.
    """
    if not 1 <= port <= 65535:
        raise CommandError(f"{port} is not a port.", "Use --port with a number from 1 to 65535.", status=2)
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind(("127.0.0.1", port))
        except OSError as error:
            remedy = "Choose another with --port (`make run PORT=…`)."
            if error.errno == errno.EADDRINUSE:
                raise CommandError(f"Port {port} is taken by {holder(port)}.", remedy) from None
            raise CommandError(f"Port {port} cannot be used: {error.strerror}.", remedy) from None


def accepts(port: int) -> bool:
    """Whether something takes connections on this loopback port."""
    with socket.socket() as probe:
        probe.settimeout(1.0)
        return probe.connect_ex(("127.0.0.1", port)) == 0


def holder(port: int) -> str:
    """The process that listens on this port, as far as the system tells us."""
    sockets = {f"socket:[{inode}]" for inode in _listening_inodes(port)}
    for process in Path("/proc").glob("[0-9]*"):
        with suppress(OSError):
            for descriptor in (process / "fd").iterdir():
                with suppress(OSError):
                    if str(descriptor.readlink()) in sockets:
                        command = (process / "cmdline").read_bytes().replace(b"\0", b" ").decode(errors="replace")
                        return f"process {process.name} ({command.strip()[:80]})"
    return "another program"


def _listening_inodes(port: int) -> set[str]:
    inodes = set()
    for table in ("/proc/net/tcp", "/proc/net/tcp6"):
        with suppress(OSError):
            for line in Path(table).read_text().splitlines()[1:]:
                # sl, local address as hex:hex, remote address, state, … ; the tenth is the inode
                fields = line.split()
                if fields[3] == LISTENING and int(fields[1].rpartition(":")[2], 16) == port:
                    inodes.add(fields[9])
    return inodes
