"""`remit ledger`: the ledger outside its database, where nobody who runs it has to be trusted."""

import argparse
from contextlib import ExitStack
from pathlib import Path
from typing import TYPE_CHECKING

from . import ledger_deeds
from .errors import BAD_INPUT, FAILURE, CommandError
from .output import print_json

if TYPE_CHECKING:
    from remit.kernel.ledger.notes import Verifier
    from remit.kernel.ledger.proofs import ProofReport
    from remit.kernel.ledger.reports import Report

PROOF_BEGINS = b"{"


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """The actions."""
    actions = parser.add_subparsers(dest="action", required=True, metavar="ACTION")
    verify = actions.add_parser("verify", help="verify an export or a proof, without a database")
    verify.add_argument("file", type=Path, metavar="FILE", help="what `remit ledger export` or `prove` wrote")
    verify.add_argument("--key", action="append", default=[], metavar="VKEY", help="trust this verifier key alone")
    verify.add_argument(
        "--checkpoint", action="append", default=[], type=Path, metavar="NOTE", help="a checkpoint kept from before"
    )
    verify.add_argument("--against", type=Path, metavar="EXPORT", help="an earlier export of the same log")
    verify.add_argument("--json", action="store_true", help="the report as JSON")
    ledger_deeds.add_arguments(actions)


def run(arguments: argparse.Namespace) -> int:
    """Do the action."""
    doing = {"verify": _verify, **ledger_deeds.DEEDS}
    return doing[arguments.action](arguments)


def _verify(arguments: argparse.Namespace) -> int:
    """0 where all fits, 1 where something does not; what cannot be read is an error of its own."""
    from remit.kernel.ledger.export_format import ExportUnreadable  # noqa: PLC0415
    from remit.kernel.ledger.proofs import ProofUnreadable  # noqa: PLC0415

    try:
        report = _verified(arguments)
    except ExportUnreadable as error:
        raise CommandError(str(error), error.remedy, BAD_INPUT) from None
    except ProofUnreadable as error:
        raise CommandError(f"{arguments.file}: {error}", "Name a file as it was written.", BAD_INPUT) from None
    if arguments.json:
        print_json(report.as_json())
    else:
        print("\n".join(report.lines()))
    return 0 if report.fits else FAILURE


def _verified(arguments: argparse.Namespace) -> "Report | ProofReport":
    from remit.kernel.ledger.proofs import MOST_BYTES, Proof, verify_proof  # noqa: PLC0415

    keys = _keys(arguments.key)
    with arguments.file.open("rb") as file:
        if not file.peek(1).startswith(PROOF_BEGINS):
            return _verified_export(arguments, keys)
        if arguments.checkpoint or arguments.against:
            raise CommandError(
                "A proof is verified by itself.", "Leave --checkpoint and --against out, or name an export.", BAD_INPUT
            )
        return verify_proof(Proof.parse(file.read(MOST_BYTES)), keys)


def _verified_export(arguments: argparse.Namespace, keys: "list[Verifier]") -> "Report":
    from remit.kernel.ledger.export_format import reading  # noqa: PLC0415
    from remit.kernel.ledger.verifying import verify  # noqa: PLC0415

    if arguments.against:
        with reading(arguments.against) as export:
            report = verify(export, keys=keys)
        if not report.fits:
            raise CommandError(
                f"The earlier export, {arguments.against}, does not fit itself: {report.faults[0].words}",
                "Name one that does, or verify that one alone.",
                BAD_INPUT,
            )
    notes = [(path.name, _note(path)) for path in arguments.checkpoint]
    with ExitStack() as files:
        earlier = files.enter_context(reading(arguments.against)) if arguments.against else None
        return verify(files.enter_context(reading(arguments.file)), keys=keys, checkpoints=notes, against=earlier)


def _keys(texts: list[str]) -> "list[Verifier]":
    from remit.kernel.ledger.notes import NoteRejected, Verifier  # noqa: PLC0415

    try:
        return [Verifier.parse(text) for text in texts]
    except NoteRejected as error:
        raise CommandError(
            f"--key: {error}.", "Give it as `remit ledger checkpoint --key` prints it.", BAD_INPUT
        ) from None


def _note(path: Path) -> str:
    from remit.kernel.ledger.notes import MOST_BYTES  # noqa: PLC0415

    try:
        with path.open("rb") as file:
            return file.read(MOST_BYTES).decode()
    except UnicodeDecodeError:
        raise CommandError(
            f"{path}: this is not a signed note.", "Name the note as the log signed it.", BAD_INPUT
        ) from None
