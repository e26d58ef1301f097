"""Public facts about vulnerabilities, and priorities that follow them and the assets."""

from __future__ import annotations

import os
from collections.abc import Sequence
from pathlib import Path
from typing import Any, TypedDict

from django.apps import apps
from django.db import transaction
from django.db.models.signals import post_save
from django.dispatch import receiver

from remit.identify.vulnerabilities import feeding, mirror
from remit.identify.vulnerabilities.priorities import recompute
from remit.ingest.rejected import ImportRejected

WEIGHING = frozenset({"criticality", "exposure", "environment", "data_classes"})
"""Fields of an asset that weigh in the priority of its findings."""


class FeedOutcome(TypedDict):
    """What became of one feed file: its entries, and the CVEs, weaknesses and findings that changed."""

    file: str
    feed: str
    entries: int
    cves: int
    weaknesses: int
    findings: int


def load_feeds(files: Sequence[Path] = (), *, mirror_at: str | None = None) -> list[FeedOutcome]:
    """Load feed files, each in a transaction of its own; without files, those of the mirror (REMIT_FEEDS_MIRROR).

    Raises ImportRejected at the first file that is refused; those before it stay loaded.
    """
    if files:
        return [_load(path) for path in files]
    address = os.environ.get("REMIT_FEEDS_MIRROR", "") if mirror_at is None else mirror_at
    if not address:
        hint = "Name the files to load, or set REMIT_FEEDS_MIRROR to the folder or address of your mirror."
        raise ImportRejected("no-feeds", "feeds load", hint)
    with mirror.files(address) as found:
        return [_load(path) for path in found]


@transaction.atomic
def _load(path: Path) -> FeedOutcome:
    feed, entries, cves = feeding.load_file(path)
    weaknesses, findings = feeding.refresh() if cves else (0, 0)
    return FeedOutcome(file=path.name, feed=feed, entries=entries, cves=cves, weaknesses=weaknesses, findings=findings)


@receiver(post_save, sender=apps.get_model("assets.Asset"), dispatch_uid="vulnerabilities.priorities")
def follow_asset(instance: Any, created: bool, update_fields: frozenset[str] | None, **_: Any) -> None:
    """When what weighs of an asset may have changed, its findings are weighed anew."""
    if not created and (update_fields is None or WEIGHING & set(update_fields)):
        recompute("o.asset_id = %s", (instance.pk,), reason="the asset changed")
