"""What the tests of backups do inside an installation, in a process of its own: `python -m tests.backup.house WHAT`."""

from __future__ import annotations

import io
import json
import sys
from typing import Any

SECRET = "JBSWY3DPEHPK3PXPJBSWY3DPEHPK3PXP"
CANARY = b"PK-like content of a pentest report: canary-7d41\n" * 400
OF_A_RESTORE = {
    "access_record_kind", "access_role_level", "django_session", "ledger_checkpoint", "ledger_entry", "ledger_leaf",
    "ledger_node", "ledger_pending",
}  # fmt: skip
"""Tables to which a restore itself adds, which it empties, or which the release makes anew, with other numbers."""


def fill() -> None:
    """People, a record, evidence on it, a second factor, and the ledger of it all."""
    from allauth.mfa.totp.internal.auth import TOTP
    from django.db import transaction

    from remit.identify.assets.models import Asset
    from remit.kernel import actor
    from remit.kernel.access.models import Unit
    from remit.kernel.access.services import invite
    from remit.kernel.attachments.services import attach
    from remit.kernel.ledger.sealing import seal

    with actor.system("test"), transaction.atomic():
        group = Unit.objects.create(code="grp", name="Northern Group", kind="group")
        alice = invite(email="alice@remit.example", name="Alice Test", role="head_of_security", unit=group)
        TOTP.activate(alice, SECRET)
        assets = [Asset.objects.create(unit=group, owner=alice, name=f"gw-{n}") for n in range(150)]
        for number in range(3):
            attach(assets[0], f"report-{number}.txt", io.BytesIO(CANARY + bytes([number + 65])))
        Asset.objects.filter(pk__gt=assets[5].pk).update(name="renamed")
    seal(checkpoint=True)


def touch() -> None:
    """Change one record."""
    from django.db import transaction

    from remit.identify.assets.models import Asset
    from remit.kernel import actor

    with actor.system("test"), transaction.atomic():
        asset = Asset.objects.order_by("pk")[0]
        asset.name += "+"
        asset.save()


def state() -> dict[str, Any]:
    """Return a digest of each table's rows, the evidence as it reads, and whether the second factor still works."""
    import hashlib

    from allauth.mfa.models import Authenticator
    from allauth.mfa.totp.internal.auth import TOTP, hotp_value, yield_hotp_counters_from_time
    from django.db import connection, transaction

    from remit.kernel import actor
    from remit.kernel.attachments import files
    from remit.kernel.attachments.models import StoredFile

    with actor.system("test"), transaction.atomic(), connection.cursor() as cursor:
        cursor.execute("select relname from pg_class where relkind = 'r' and relnamespace = 'public'::regnamespace")
        tables = sorted(name for (name,) in cursor.fetchall() if name not in OF_A_RESTORE)
        rows = {}
        for table in tables:
            cursor.execute(f"select md5(coalesce(string_agg(t::text, chr(10) order by t::text), '')) from {table} t")
            rows[table] = cursor.fetchone()[0]
        cursor.execute("select md5(coalesce(string_agg(e::text, chr(10) order by id), '')) from ledger_entry e "
                       "where kind <> 'kernel.backup'")  # fmt: skip
        rows["ledger_entry"] = cursor.fetchone()[0]
        contents = {}
        for stored in StoredFile.objects.order_by("digest"):
            with files.open_content(stored.digest) as file:
                contents[stored.digest] = hashlib.sha256(file.read()).hexdigest()
        factor = Authenticator.objects.get(type=Authenticator.Type.TOTP)
        counter = next(iter(yield_hotp_counters_from_time()))
        works = TOTP(factor).validate_code(f"{hotp_value(SECRET, counter):06d}")
    return {"rows": rows, "files": contents, "second factor": works}


def ledger() -> dict[str, Any]:
    """Return what came of sealing all there is: pending entries, the last note, and what verifying found."""
    import tempfile
    from pathlib import Path

    import psycopg
    from django.db import connection

    from remit.kernel import postgres
    from remit.kernel.ledger.export_format import reading
    from remit.kernel.ledger.exporting import export
    from remit.kernel.ledger.sealing import seal
    from remit.kernel.ledger.verifying import verify

    seal(checkpoint=True)
    connection.close()
    with psycopg.connect(postgres.database_uri("owner")) as owner, tempfile.TemporaryDirectory() as folder:
        counts, lost = export(owner, Path(folder) / "ledger")
        with reading(Path(folder) / "ledger") as exported:
            report = verify(exported)
        note = owner.execute("select note, system from ledger_entry where verb = 'restore' order by id desc").fetchone()
    return {"pending": counts.pending, "lost": lost, "fits": report.fits, "entries": counts.entries, "note": note}


def finish() -> None:
    """End a restore that was killed, as `remit up` does when it starts."""
    from remit.cli.restore import finish_swap
    from remit.kernel import postgres

    with postgres.running() as server:
        finish_swap(server)


def killed_before_files(*arguments: str) -> int:
    """Restore, and die when the databases have changed places and the files have not."""
    import os
    import signal

    from remit.cli import main
    from remit.kernel.backup.staging import Stage

    Stage.swap_files = lambda _: os.kill(os.getpid(), signal.SIGKILL)  # type: ignore[assignment]
    return main(["restore", *arguments])


def on_a_full_disk(*arguments: str) -> int:
    """Restore where there is no room for what is unpacked."""
    import errno
    import os
    from typing import BinaryIO, cast

    from remit.cli import main
    from remit.kernel.backup.staging import Stage

    really = Stage.open

    class Full(io.FileIO):
        def write(self, data: Any, /) -> int:
            if self.tell() + len(data) > 20_000:
                raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
            return super().write(data)

    def opened(self: Stage, name: str) -> BinaryIO:
        with really(self, name) as file:
            return cast(BinaryIO, Full(os.dup(file.fileno()), "wb"))

    Stage.open = opened  # type: ignore[method-assign]
    return main(["restore", *arguments])


def run(what: str, *arguments: str) -> int:
    if what == "on_a_full_disk":
        return on_a_full_disk(*arguments)
    if what == "killed_before_files":
        return killed_before_files(*arguments)
    if what == "finish":
        finish()
        return 0
    from remit.cli.django_setup import django_setup

    django_setup("owner" if what in {"reverse", "state"} else "app")
    if what == "reverse":
        from django.core.management import call_command
        from django.db.models.signals import post_migrate

        post_migrate.disconnect(dispatch_uid="remit.guards")  # an older release has no guards for tables to come
        call_command("migrate", *arguments, verbosity=0)
        return 0
    print(json.dumps({"fill": fill, "touch": touch, "state": state, "ledger": ledger}[what]()))
    return 0


if __name__ == "__main__":
    sys.exit(run(*sys.argv[1:]))
