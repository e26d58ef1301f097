"""`remit backup`: everything in one signed file."""

import argparse
from pathlib import Path

from .errors import BAD_INPUT, FAILURE, CommandError
from .lifeline import add_lifeline, end_with
from .output import print_json, say


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """The file and how it is sealed."""
    parser.add_argument("file", type=Path, metavar="FILE", help="where to write the backup")
    parser.add_argument(
        "--passphrase-file", type=Path, metavar="FILE", help="encrypt under the passphrase in this file"
    )
    parser.add_argument("--with-keys", action="store_true", help="add the keys of this installation; encrypted only")
    parser.add_argument("--force", action="store_true", help="write over a file of this name")
    add_lifeline(parser)
    parser.add_argument("--json", action="store_true", help="print what was backed up as JSON")


def run(arguments: argparse.Namespace) -> int:
    """Write it."""
    end_with(arguments.end_with)
    from .django_setup import django_setup  # noqa: PLC0415

    django_setup()
    from remit.kernel.backup.manifest import BackupRefusedError  # noqa: PLC0415 - Django is ready only now
    from remit.kernel.backup.services import back_up  # noqa: PLC0415

    try:
        manifest = back_up(
            arguments.file,
            passphrase=passphrase(arguments.passphrase_file),
            with_keys=arguments.with_keys,
            over=arguments.force,
            say=say,
        )
    except BackupRefusedError as refused:
        raise CommandError(f"{refused.where}: {refused.what}", refused.hint, FAILURE) from None
    if arguments.json:
        import msgspec  # noqa: PLC0415

        print_json(msgspec.to_builtins(manifest))
    else:
        rows = sum(manifest.counts.values())
        print(f"{arguments.file}: {rows:,} rows, {manifest.files:,} files, {manifest.ledger:,} sealed ledger entries.")
        print(f"Signed by {manifest.signers[-1]}: by this key you know it on another machine.")
        if not arguments.with_keys:
            keys = ", ".join([*manifest.wrapped_by, "secret-key"])
            print(f"To open what is sealed in it, keep these keys, elsewhere: {keys}")
    return 0


def passphrase(path: Path | None) -> str:
    """Read a passphrase from the first line of a file, so that no process list shows it."""
    if path is None:
        return ""
    first = path.read_text().partition("\n")[0].strip()
    if len(first) < 12:
        raise CommandError(f"{path}: the passphrase has fewer than 12 characters.", "Choose a longer one.", BAD_INPUT)
    return first
