"""The web server, as `remit up` starts it: gunicorn with one process and a few threads, on loopback."""

import argparse
from typing import Any

from gunicorn.app.base import BaseApplication  # type: ignore[import-untyped,unused-ignore]

from .django_setup import django_setup
from .lifeline import add_lifeline, end_with

THREADS = 4


class Web(BaseApplication):  # type: ignore[misc,unused-ignore]
    """gunicorn, told what to do here instead of by a file or its own command line."""

    def __init__(self, port: int) -> None:
        self.port = port
        super().__init__()

    def load_config(self) -> None:
        """One worker, loaded before it is forked so that the two share memory."""
        options = {
            "bind": f"127.0.0.1:{self.port}",
            "workers": 1,
            "threads": THREADS,
            "worker_class": "gthread",
            "preload_app": True,
            "timeout": 120,
            "graceful_timeout": 10,
            "keepalive": 5,
            "loglevel": "warning",
            "proc_name": "remit web",
            "control_socket_disable": True,
        }
        for name, value in options.items():
            self.cfg.set(name, value)

    def load(self) -> Any:
        """The application."""
        from remit.wsgi import application  # noqa: PLC0415 - Django is ready only now

        return application


def main() -> None:
    """Serve until told to stop."""
    parser = argparse.ArgumentParser(prog="python -m remit.cli.web", description=__doc__)
    parser.add_argument("--port", type=int, required=True)
    add_lifeline(parser)
    arguments = parser.parse_args()
    end_with(arguments.end_with)
    django_setup()
    Web(arguments.port).run()


if __name__ == "__main__":
    main()
