"""`remit up`: everything at once, until Ctrl-C.

One small process that keeps the others: the database, the web server and a worker. A child that dies is started again,
and so is the database.
"""

import argparse
import json
import os
import subprocess
import sys
from contextlib import nullcontext

from remit.kernel import postgres

from .alone import only_one
from .errors import CommandError
from .output import say
from .ports import accepts, require_free
from .restore import finish_swap
from .supervision import Child, Supervisor

PORT = 8321


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Where to listen and whether to fill an empty database."""
    parser.add_argument("--port", type=int, default=PORT, metavar="N", help=f"loopback port (default {PORT})")
    parser.add_argument("--sample", action="store_true", help="load the sample organisation into an empty database")


def run(arguments: argparse.Namespace) -> int:
    """Start everything and stay."""
    data = postgres.data_folder()
    with only_one(data, f"http://127.0.0.1:{arguments.port}/"):
        require_free(arguments.port)
        external = postgres.external_uri("app") is not None
        if not external:
            again = (data / "postgres").exists()
            say(f"Starting PostgreSQL in {data} …" if again else f"Creating the database in {data} …")
        with nullcontext() if external else postgres.running(data) as server:
            if server is not None:
                finish_swap(server)
            return _serve(server, arguments.port, sample=arguments.sample, traceback=arguments.traceback)


def _serve(server: postgres.Server | None, port: int, *, sample: bool, traceback: bool) -> int:
    url = f"http://127.0.0.1:{port}/"
    link = _prepare(url, *(["--sample"] if sample else []), *(["--traceback"] if traceback else []))
    say("Starting the web server and a worker …")
    tie = ["--end-with", str(os.getpid())]
    supervisor = Supervisor(
        children=[
            Child("web server", [sys.executable, "-m", "remit.cli.web", "--port", str(port), *tie]),
            Child("worker", [sys.executable, "-m", "remit", "worker", *tie]),
        ],
        tend=lambda: _tend(server),
    )
    supervisor.install_handlers()
    supervisor.run(ready=lambda: accepts(port), announce=lambda: _announce(url, link))
    say("Stopped.")
    return 0


def _prepare(url: str, *options: str) -> str | None:
    command = [sys.executable, "-m", "remit.cli.prepare", "--base-url", url, "--end-with", str(os.getpid())]
    done = subprocess.run([*command, *options], stdout=subprocess.PIPE, check=False)  # noqa: S603 - our own program
    if done.returncode:
        raise CommandError("The database could not be prepared.", "The lines above say why.")
    result: dict[str, str | None] = json.loads(done.stdout.splitlines()[-1])
    return result["link"]


def _tend(server: postgres.Server | None) -> None:
    """Bring back a database that was killed."""
    if server is None:
        return
    try:
        if server.ensure_running():
            say("PostgreSQL was gone; it runs again.")
    except postgres.PostgresError as error:
        say(f"PostgreSQL is gone and does not start: {error}")


def _announce(url: str, link: str | None) -> None:
    say(f"\nRemit is at {url}")
    if link:
        say(f"Sign in for the first time, once, with this link:\n  {link}")
    say("Ctrl-C stops it.\n")
