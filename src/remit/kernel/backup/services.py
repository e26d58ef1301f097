"""Backing up this installation: with its own keys, its own files, after sealing what can be sealed."""

from __future__ import annotations

from pathlib import Path
from urllib.parse import unquote, urlsplit

from django.conf import settings

from remit.kernel import actor, postgres
from remit.kernel.backup import archive, making
from remit.kernel.backup.manifest import Manifest
from remit.kernel.keys.ring import signing_key
from remit.kernel.ledger.notes import signed
from remit.kernel.ledger.reading import note
from remit.kernel.ledger.sealing import SealBrokenError, seal, verifiers


def back_up(
    path: Path, *, passphrase: str = "", with_keys: bool = False, over: bool = False, say: making.Say = lambda _: None
) -> Manifest:
    """Write a backup of this installation, and check it by reading it again; the ledger notes that it was made.

    BackupRefusedError, and no file, where that cannot be done.
    """
    say("Sealing the ledger …")
    try:
        seal(checkpoint=True)
    except SealBrokenError as broken:  # the data are backed up all the same; to restore them then needs --broken-ledger
        say(f"WARNING: {broken}")
    source = making.Source(
        postgres.database_uri("owner"), application_role(), Path(settings.FILES_DIR), postgres.data_folder(),
        _keys() if with_keys else (),
    )  # fmt: skip
    key = signing_key()
    trusted = verifiers()

    def check(written: Path) -> None:
        say("Checking what was written …")
        archive.read(written, trusted, passphrase=passphrase)

    manifest = making.make(
        path, source, lambda text: signed(text, key.name, key.private), check, say, passphrase=passphrase, over=over
    )
    with actor.system(making.SYSTEM):
        note("back up", "kernel.backup", text=f"{path.name}, {manifest.made_at}, {manifest.files} files", count=1)
    return manifest


def application_role() -> str:
    """Return the role as which the application connects."""
    return unquote(urlsplit(postgres.database_uri("app")).username or "")


def _keys() -> tuple[tuple[str, Path], ...]:
    folder, secret = Path(settings.KEYS_DIR), Path(settings.DATA_DIR) / "secret-key"
    found = [(each.name, each) for each in (*sorted(folder.glob("*.key")), folder / "current") if each.exists()]
    return (*found, *((("secret-key", secret),) if secret.exists() else ()))
