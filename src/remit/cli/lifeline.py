"""Children of `remit up` end with it, however it ended."""

import argparse
import ctypes
import os
import signal
import sys

PR_SET_PDEATHSIG = 1  # linux/prctl.h


def add_lifeline(parser: argparse.ArgumentParser) -> None:
    """The option by which `remit up` ties a child to itself."""
    parser.add_argument("--end-with", type=int, default=0, metavar="PID", help=argparse.SUPPRESS)


def end_with(parent: int) -> None:
    """Have the system send SIGTERM to this process when its parent is gone, even by kill -9.

    Linux only; elsewhere a child whose parent was killed is ended by hand.

    Args:
        parent: process number of the parent; 0 for nothing.
    """
    if not parent or not sys.platform.startswith("linux"):
        return
    ctypes.CDLL(None).prctl(PR_SET_PDEATHSIG, signal.SIGTERM)
    if os.getppid() != parent:  # it went before we asked
        sys.exit(0)
