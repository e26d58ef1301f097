"""`remit check`: what is wrong with this installation, and what to do about it."""

import argparse
import os
import shutil
from dataclasses import dataclass

from remit.kernel import postgres

from .output import print_json

OLDEST_POSTGRESQL = 150_000
LEAST_FREE_BYTES = 1_000_000_000


@dataclass(frozen=True)
class Finding:
    """One thing that was looked at.

    Attributes:
        what: what is so.
        remedy: what to do, empty when all is well.
    """

    what: str
    remedy: str = ""


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """How to print."""
    parser.add_argument("--json", action="store_true", help="print the findings as JSON")


def run(arguments: argparse.Namespace) -> int:
    """Look at everything; 1 when something is wrong."""
    from .django_setup import django_setup  # noqa: PLC0415

    findings = [_disk()]
    django_setup()
    findings += [*_database(), *_keys(), *_django()]
    if arguments.json:
        print_json([{"ok": not finding.remedy, "what": finding.what, "remedy": finding.remedy} for finding in findings])
    else:
        for finding in findings:
            print(f"{'wrong' if finding.remedy else 'ok':<6}{finding.what}")
            if finding.remedy:
                print(f"      {finding.remedy}")
    return 1 if any(finding.remedy for finding in findings) else 0


def _disk() -> Finding:
    folder = postgres.data_folder()
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    free = shutil.disk_usage(folder).free
    what = f"{free / 1e9:.1f} GB free in the data folder {folder}"
    return Finding(what, "" if free >= LEAST_FREE_BYTES else "Keep at least 1 GB free there.")


def _database() -> list[Finding]:
    from django.db import connection  # noqa: PLC0415 - after django_setup

    from .migrations import pending  # noqa: PLC0415

    with connection.cursor() as cursor:
        cursor.execute(
            "select current_setting('server_version_num')::int, current_setting('server_version'), rolname,"
            " rolsuper or rolbypassrls from pg_roles where rolname = current_user"
        )
        number, version, role, bypasses = cursor.fetchone()
    missing = pending()
    return [
        Finding(f"PostgreSQL {version}", "" if number >= OLDEST_POSTGRESQL else "Use PostgreSQL 15 or later."),
        Finding(
            f"connected as {role}" + (", which bypasses row-level security" if bypasses else ""),
            "Connect as remit_app; `remit db roles` prints the SQL that makes it." if bypasses else "",
        ),
        Finding(
            f"{len(missing)} migrations missing" if missing else "the tables are up to date",
            "Run `remit db migrate`." if missing else "",
        ),
    ]


def _keys() -> list[Finding]:
    from django.db import DatabaseError  # noqa: PLC0415 - after django_setup

    from remit.kernel.keys.rotation import problems  # noqa: PLC0415

    try:
        found = problems()
    except DatabaseError:
        return []  # the tables are missing, which was said above
    if not found:
        return [Finding("what is sealed can be opened")]
    return [Finding(f"sealed and cannot be opened: {problem.message}", problem.hint) for problem in found]


def _django() -> list[Finding]:
    from django.core import checks  # noqa: PLC0415

    deploy = bool(os.environ.get("REMIT_HOSTS"))
    messages = checks.run_checks(include_deployment_checks=deploy)
    wrong = [message for message in messages if not message.is_silenced() and message.level >= checks.WARNING]
    if not wrong:
        return [Finding("the program's own checks pass")]
    return [Finding(f"{message.id}: {message.msg}", message.hint or "See docs/operations.md.") for message in wrong]
