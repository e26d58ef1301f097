"""Keeping child processes running: started again when they die, stopped together when we are."""

import os
import signal
import subprocess
import threading
import time
from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from types import FrameType

from .output import say

STOP_SIGNALS = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)
LOOK_SECONDS = 1.0
STOP_SECONDS = 15.0
STEADY_SECONDS = 60.0
LONGEST_PAUSE = 30.0


def pause_before(failures: int) -> float:
    """Seconds to wait before the next start after this many quick deaths in a row: 0.5, 1, 2 … up to 30."""
    return float(min(LONGEST_PAUSE, 0.5 * 2 ** min(failures - 1, 10)))


@dataclass
class Child:
    """A process to keep running.

    Attributes:
        name: what people call it.
        command: program and arguments.
    """

    name: str
    command: Sequence[str]
    process: subprocess.Popen[bytes] | None = None
    failures: int = 0
    started: float = 0.0
    due: float = 0.0

    def start(self) -> None:
        """Start it, out of reach of Ctrl-C at our terminal: we stop it ourselves."""
        self.process = subprocess.Popen(self.command, start_new_session=True)  # noqa: S603 - our own programs
        self.started = time.monotonic()

    def look(self) -> None:
        """Start it again if it died, after a pause that grows with each quick death."""
        now = time.monotonic()
        if self.process is None:
            if now >= self.due:
                self.start()
            return
        status = self.process.poll()
        if status is None:
            return
        self.process = None
        self.failures = 1 if now - self.started > STEADY_SECONDS else self.failures + 1
        pause = pause_before(self.failures)
        self.due = now + pause
        say(f"The {self.name} ended {_manner(status)}; starting it again in {pause:g} s.")

    def signal(self, number: signal.Signals) -> None:
        """Send a signal to it and to what it started."""
        if self.process is not None and self.process.poll() is None:
            with suppress(ProcessLookupError):
                os.killpg(self.process.pid, number)


def _manner(status: int) -> str:
    return f"by {signal.Signals(-status).name}" if status < 0 else f"with status {status}"


@dataclass
class Supervisor:
    """Runs children until a signal says to stop.

    Attributes:
        children: what to keep running.
        tend: called about once a second for whatever else must be kept up; it must not raise.
    """

    children: Sequence[Child]
    tend: Callable[[], None] = lambda: None
    _wake: threading.Event = field(default_factory=threading.Event)
    _stopping: bool = False

    def install_handlers(self) -> None:
        """Stop at Ctrl-C, SIGTERM and SIGHUP; look at once when a child dies."""
        for number in STOP_SIGNALS:
            signal.signal(number, self._stop)
        signal.signal(signal.SIGCHLD, self._look)

    @property
    def stopping(self) -> bool:
        """Whether a signal has asked to stop."""
        return self._stopping

    def _stop(self, _number: int, _frame: FrameType | None) -> None:
        self._stopping = True
        self._wake.set()

    def _look(self, _number: int, _frame: FrameType | None) -> None:
        self._wake.set()

    def run(self, ready: Callable[[], bool] = lambda: True, announce: Callable[[], None] = lambda: None) -> None:
        """Start the children and stay with them.

        Args:
            ready: asked until it says yes.
            announce: called once after that.
        """
        announced = False
        try:
            while not self._stopping:
                self.tend()
                for child in self.children:
                    child.look()
                if not announced and ready():
                    announced = True
                    announce()
                self._wake.wait(LOOK_SECONDS if announced else 0.1)
                self._wake.clear()
        finally:
            self.stop_all()

    def stop_all(self) -> None:
        """Ask all to end, and end by force those that do not."""
        for child in self.children:
            child.signal(signal.SIGTERM)
        deadline = time.monotonic() + STOP_SECONDS
        for child in self.children:
            if child.process is None:
                continue
            try:
                child.process.wait(max(0.1, deadline - time.monotonic()))
            except subprocess.TimeoutExpired:
                child.signal(signal.SIGKILL)
                child.process.wait()
