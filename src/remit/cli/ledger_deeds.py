"""The actions of `remit ledger` that need the database: export, prove, seal, checkpoint, anchors."""

import argparse
from pathlib import Path
from typing import Any

from .errors import BAD_INPUT, CommandError
from .output import print_table, say


def add_arguments(actions: Any) -> None:
    """The actions, beside `verify`."""
    export = actions.add_parser("export", help="write the ledger to a file that can be verified anywhere")
    export.add_argument("file", type=Path, metavar="FILE", help="compressed where its name ends in .gz")
    export.add_argument("--from", dest="start", type=int, default=0, metavar="N", help="begin at position N, not at 0")
    prove = actions.add_parser("prove", help="write the proof that the entries about one record are in the ledger")
    prove.add_argument("ref", metavar="REF", help="the record, such as FND-12")
    prove.add_argument("file", type=Path, nargs="?", metavar="FILE", help="where to; printed when left out")
    actions.add_parser("seal", help="seal and sign now what the worker would within a minute")
    checkpoint = actions.add_parser("checkpoint", help="print the newest checkpoint, for an auditor to keep")
    checkpoint.add_argument("--key", action="store_true", help="print the verifier keys instead, the newest last")
    anchors = actions.add_parser("anchors", help="the places outside that get checkpoints: list, add, remove")
    anchors.add_argument(
        "--add",
        nargs=3,
        metavar=("NAME", "KIND", "TARGET"),
        help="KIND is syslog, folder, mail or timestamp; TARGET an address or a path",
    )
    anchors.add_argument("--certificate", type=Path, metavar="FILE", help="PEM, for a timestamp authority")
    anchors.add_argument("--every", type=int, metavar="SECONDS", help="between two checkpoints, 60 at least")
    anchors.add_argument("--remove", metavar="NAME", help="send nothing more there")


def export(arguments: argparse.Namespace) -> int:
    """Write an export as the owner of the database, and note on the ledger that it was written."""
    from .django_setup import django_setup  # noqa: PLC0415

    django_setup("owner")
    import psycopg  # noqa: PLC0415 - the database is known only now

    from remit.kernel import postgres  # noqa: PLC0415
    from remit.kernel.ledger.exporting import export as write  # noqa: PLC0415

    with psycopg.connect(postgres.database_uri("owner")) as connection:
        try:
            counts, lost = write(connection, arguments.file, start=arguments.start)
        except ValueError as error:
            raise CommandError(str(error), status=BAD_INPUT) from None
        connection.execute("select set_config('remit.system', 'remit ledger export, from the command line', true)")
        connection.execute(
            "select remit_ledger_add('export', 'kernel.ledger', %s, null, null, null, %s)",
            (counts.entries, f"positions from {arguments.start}"),
        )
    say(f"{counts.entries:,} entries, {counts.checkpoints:,} checkpoints, {counts.pending:,} entries not sealed yet.")
    if lost:
        say(f"{lost:,} entries were deleted before they were sealed: nobody can tell what they were.")
    return 0


def prove(arguments: argparse.Namespace) -> int:
    """Write the proof of one record."""
    from .django_setup import django_setup  # noqa: PLC0415

    django_setup()
    from django.db import transaction  # noqa: PLC0415 - Django is ready only now

    from remit.kernel import actor  # noqa: PLC0415
    from remit.kernel.histories import telling  # noqa: PLC0415
    from remit.kernel.ledger.proving import NothingSealedError  # noqa: PLC0415
    from remit.kernel.ledger.proving import prove as proof_of  # noqa: PLC0415
    from remit.kernel.ledger.reading import note  # noqa: PLC0415
    from remit.kernel.records import record_types  # noqa: PLC0415

    prefix, _, number = arguments.ref.strip().upper().rpartition("-")
    model = next((each for each in record_types() if each.prefix == prefix), None)
    with actor.system("remit ledger prove, from the command line"), transaction.atomic():
        key = int(number) if number.isascii() and number.isdigit() and len(number) < 19 else None
        record = model._default_manager.filter(pk=key).first() if model and key is not None else None
        if record is None:
            raise CommandError(f"There is no record {arguments.ref}.", "Name one such as FND-12.", BAD_INPUT)
        try:
            proof = proof_of(record, telling)
        except NothingSealedError as error:
            raise CommandError(str(error), "Or run `remit ledger seal`.") from None
        note("prove", record.kind(), [record.pk])
    if arguments.file is None:
        print(proof.text(), end="")
    else:
        arguments.file.write_text(proof.text())
        say(f"{len(proof.entries)} entries about {record.ref}. `remit ledger verify {arguments.file}` checks them.")
    return 0


def seal(_: argparse.Namespace) -> int:
    """Seal what waits and sign the log."""
    from .django_setup import django_setup  # noqa: PLC0415

    django_setup()
    from remit.kernel.ledger.sealing import SealBrokenError  # noqa: PLC0415 - Django is ready only now
    from remit.kernel.ledger.sealing import seal as seal_now  # noqa: PLC0415

    try:
        done = seal_now(checkpoint=True)
    except SealBrokenError as broken:
        raise CommandError(str(broken)) from None
    signed = f"; signed at {done.checkpoint:,}" if done.checkpoint else ""
    print(f"{done.entries:,} entries sealed{signed}.")
    return 0


def checkpoint(arguments: argparse.Namespace) -> int:
    """Print the newest checkpoint, or the keys."""
    from .django_setup import django_setup  # noqa: PLC0415

    django_setup()
    from remit.kernel.ledger.anchors import newest_note  # noqa: PLC0415 - Django is ready only now
    from remit.kernel.ledger.sealing import verifiers  # noqa: PLC0415

    if arguments.key:
        print("\n".join(map(str, verifiers())))
        return 0
    newest = newest_note()
    if newest is None:
        raise CommandError("Nothing is signed yet.", "Let the worker run, or run `remit ledger seal`.")
    print(newest[1], end="")
    return 0


def anchors(arguments: argparse.Namespace) -> int:
    """List the anchors, after adding or removing one."""
    from .django_setup import django_setup  # noqa: PLC0415

    django_setup()
    from django.db import transaction  # noqa: PLC0415 - Django is ready only now

    from remit.kernel import actor  # noqa: PLC0415
    from remit.kernel.ledger.overview import anchor_lines  # noqa: PLC0415

    with actor.system("remit ledger anchors, from the command line"), transaction.atomic():
        if arguments.add:
            _add(arguments)
        if arguments.remove is not None:
            _remove(arguments.remove)
        lines = [
            (each.anchor.name, each.anchor.kind, each.anchor.target, each.size, each.done_at, each.error)
            for each in anchor_lines()
        ]
    if lines:
        print_table(lines, ("name", "kind", "target", "newest", "since", "error"))
    else:
        print("Nothing outside gets checkpoints. Add one with --add NAME KIND TARGET.")
    return 0


def _add(arguments: argparse.Namespace) -> None:
    from remit.kernel.ledger.anchoring.refused import AnchorRefusedError  # noqa: PLC0415
    from remit.kernel.ledger.anchors import PROBLEM, add  # noqa: PLC0415

    name, kind, target = arguments.add
    if kind not in PROBLEM:
        raise CommandError(f"There is no kind {kind}.", f"It is one of {', '.join(PROBLEM)}.", BAD_INPUT)
    certificate = arguments.certificate.read_text() if arguments.certificate else ""
    try:
        add(name, kind, target, certificate=certificate, every=arguments.every)
    except AnchorRefusedError as refusal:
        raise CommandError(str(refusal), status=BAD_INPUT) from None


def _remove(name: str) -> None:
    from remit.kernel.ledger.anchors import remove  # noqa: PLC0415
    from remit.kernel.ledger.models import Anchor  # noqa: PLC0415

    found = Anchor.objects.filter(name=name).first()
    if found is None:
        raise CommandError(f"There is no anchor {name}.", "`remit ledger anchors` lists them.", BAD_INPUT)
    remove(found)


DEEDS = {"export": export, "prove": prove, "seal": seal, "checkpoint": checkpoint, "anchors": anchors}
