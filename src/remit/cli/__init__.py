"""The command `remit`. Each command is a module of this package with `add_arguments(parser)` and `run(arguments)`.

Only the module of the command that was asked for is imported, so that help is there at once.
"""

import argparse
import errno
import sys
from collections.abc import Sequence
from importlib import import_module

from remit import __version__

from .errors import BAD_INPUT, FAILURE, INTERRUPTED, CommandError

# name: (module, one line of help)
COMMANDS = {
    "up": ("up", "start everything: database, web pages and worker"),
    "import": ("import_files", "load files that scanners and other tools wrote"),
    "parse": ("parse", "read such files and print what is in them, without a database"),
    "risk": ("risk", "risk in money from a file of scenarios, without a database"),
    "fix-first": ("fix_first", "the few actions that remove most risk this week"),
    "feeds": ("feeds", "load public vulnerability feeds: KEV, EPSS, NVD"),
    "figures": ("figures", "the figures as of now"),
    "user": ("user", "people who may sign in: add, list, link, disable"),
    "mail": ("mail", "try whether mail can be sent"),
    "token": ("token", "tokens of service accounts: add, list, revoke"),
    "identity-provider": ("identity_provider", "providers by which people sign in: add, list, test, disable"),
    "worker": ("worker", "run queued and periodic jobs"),
    "budget": ("budget", "which investments remove most annual loss, proved, on files alone"),
    "ledger": ("ledger", "the ledger outside its database: verify an export or a proof"),
    "keys": ("keys", "the keys that seal: list, rotate, check, retire"),
    "backup": ("backup", "write database, files and ledger checkpoint into one signed file"),
    "restore": ("restore", "check a backup and put it in the place of what is there"),
    "check": ("check", "say what is wrong with this installation"),
    "db": ("database", "the database: uri, roles, migrate, stop"),
}


def main(arguments: Sequence[str] | None = None) -> int:
    """Run one command.

    Args:
        arguments: what follows the program's name; the process's own when left out.

    Returns:
        Exit status: 0, 2 for bad input, 1 for any other failure, 130 when interrupted.
    """
    given = list(sys.argv[1:] if arguments is None else arguments)
    options = _parser(given).parse_args(given)
    try:
        status: int = import_module(f"{__name__}.{COMMANDS[options.command][0]}").run(options)
        sys.stdout.flush()
    except KeyboardInterrupt:
        return INTERRUPTED
    except BrokenPipeError:
        # Whoever read our output has had enough; nothing more can be written, not even at exit.
        sys.stdout = None
        return FAILURE
    except Exception as error:
        _forget_unwritable()
        if options.traceback:
            raise
        return report(error)
    return status


def _forget_unwritable() -> None:
    """Let go of output that cannot be written, so that the interpreter does not try again at its exit and complain."""
    try:
        sys.stdout.flush()
    except OSError:
        sys.stdout = None


def _parser(given: list[str]) -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="remit",
        description="Remit: the one system a Head of Information Security runs the security office on.",
        epilog="`remit COMMAND --help` tells more. REMIT_DATA names the data folder, DATABASE_URL another database.",
    )
    parser.add_argument("--version", action="version", version=f"remit {__version__}")
    parser.add_argument("--traceback", action="store_true", help="show where in the program an error arose")
    commands = parser.add_subparsers(dest="command", required=True, metavar="COMMAND", title="commands")
    for name, (module, summary) in COMMANDS.items():
        command = commands.add_parser(name, help=summary, description=summary[0].upper() + summary[1:] + ".")
        if name in given:
            import_module(f"{__name__}.{module}").add_arguments(command)
            command.add_argument("--traceback", action="store_true", default=argparse.SUPPRESS, help=argparse.SUPPRESS)
    return parser


UNDEFINED_TABLE = "42P01"
FULL = (errno.ENOSPC, errno.EDQUOT)


def report(error: Exception) -> int:
    """Say on stderr what is wrong, in one line, and what to do, in another."""
    message, remedy, status = _explained(error)
    print(f"remit: {message}", file=sys.stderr)
    if remedy:
        print(f"       {remedy}", file=sys.stderr)
    return status


def _explained(error: Exception) -> tuple[str, str, int]:
    from remit.ingest.rejected import ImportRejected  # noqa: PLC0415 - needed for errors only
    from remit.kernel.keys.wrapping import KeyRefusedError  # noqa: PLC0415
    from remit.kernel.postgres import PostgresError  # noqa: PLC0415

    match error:
        case CommandError():
            return error.message, error.remedy, error.status
        case PostgresError() | KeyRefusedError():
            return error.message, error.hint, FAILURE
        case ImportRejected():
            return f"{error.where}: {error.code}", error.hint, BAD_INPUT
        case FileNotFoundError() | IsADirectoryError() | PermissionError() if error.filename:
            return f"{error.filename}: {error.strerror}", "Check the name and your permissions.", BAD_INPUT
        case OSError() if error.errno in FULL:
            return f"{error.filename or 'output'}: {error.strerror}", "Make room there, then run it again.", FAILURE
    if type(error).__name__ == "ImproperlyConfigured":  # Django's too: a setting that we refuse to start with
        return str(error), "docs/operations.md lists the settings.", FAILURE
    if type(error).__name__ == "PermissionDenied":  # Django's, which is not imported for an error's sake
        return str(error) or "You may not do this.", "Ask whoever administers access for a role there.", FAILURE
    if getattr(error.__cause__, "sqlstate", None) == UNDEFINED_TABLE:
        return "The database has no tables yet.", "Run `remit db migrate`, or `remit up`.", FAILURE
    lines = f"{type(error).__name__}: {error}".splitlines()
    return f"internal error: {lines[0]}", "Run it again with --traceback and report what it shows.", FAILURE
