"""The sample's ledger, sealed and anchored at once, so that its page shows how that looks."""

from __future__ import annotations

from pathlib import Path

from django.db import transaction

from remit.kernel.ledger import anchors, sealing


def anchored(data: Path) -> None:
    """Let a folder beside the data keep checkpoints, and give it the first. A real anchor is on another machine."""
    place = data / "sample-anchor"
    place.mkdir(mode=0o700, parents=True, exist_ok=True)
    with transaction.atomic():
        anchors.add("Folder beside the data", "folder", str(place.resolve()))
    sealing.seal(checkpoint=True)
    anchors.carry()
