"""What time does to kept files: seal those in the clear, remove what retention no longer keeps, sweep what is nobody's.

Each step does at most so many files in its transaction and says whether there is more.
"""

from __future__ import annotations

import time
from collections.abc import Iterable, Iterator
from datetime import datetime
from itertools import islice
from pathlib import Path

from django.conf import settings
from django.db import connection, transaction

from remit.kernel import actor
from remit.kernel.attachments import files
from remit.kernel.attachments.disk import INCOMING
from remit.kernel.attachments.models import StoredFile
from remit.kernel.attachments.refused import AttachmentRefusedError

MOST = 500
OLD = 24 * 3600
"""Seconds after which a file without a row belongs to nobody: no upload takes as long."""

_EXPIRED = """
with due as (
  select evidence.id, rule.days
  from attached_evidence evidence join retention_rule rule on rule.kind = evidence.kind
  where evidence.removed_at is null and evidence.at < %(now)s - make_interval(days => rule.days)
    and not exists (
      select from legal_hold hold where hold.kind = evidence.kind and hold.record_id = evidence.record_id
        and hold.lifted_at is null and (hold.evidence_id is null or hold.evidence_id = evidence.id))
  order by evidence.id limit %(most)s
  for update of evidence
)
update attached_evidence set removed_at = %(now)s, removed_by = 'kept for ' || due.days || ' days'
from due where attached_evidence.id = due.id
returning digest
"""


def expire(now: datetime, *, most: int = MOST) -> int:
    """Remove the content of evidence that is past its retention and not on hold; return how many rows it was.

    The rows stay and say when and by which rule. A content goes when the last evidence that has it does.
    """
    with actor.system("retention"), transaction.atomic():
        with actor.verb("remove"), connection.cursor() as cursor:
            cursor.execute(_EXPIRED, {"now": now, "most": most})
            digests = [row[0] for row in cursor.fetchall()]
        for digest in sorted(set(digests)):
            if StoredFile.objects.filter(digest=digest, removed_at=None).exists():
                files.remove(digest)
    return len(digests)


def seal_some(*, most: int = MOST) -> tuple[int, list[str]]:
    """Seal contents that lie in the clear; return how many, and what is wrong with those that could not be."""
    with actor.system("sealing files"), transaction.atomic():
        clear = list(StoredFile.objects.filter(wrapped_by="", removed_at=None).order_by("pk")[:most])
    wrong = []
    for stored in clear:
        try:
            files.seal_clear(stored)
        except AttachmentRefusedError as refused:
            wrong.append(f"{stored.digest[:12]}: {refused.hint}")
    return len(clear) - len(wrong), wrong


def sweep(*, older_than: float = OLD) -> int:
    """Delete files that no row needs and that are older than so many seconds; return how many there were.

    They are of uploads that were rolled back, drafts of killed processes, contents whose removal was interrupted.
    """
    folder, before = Path(settings.FILES_DIR), time.time() - older_than
    gone = 0
    for draft in _old(folder.glob(f"{INCOMING}/*"), before):
        draft.unlink(missing_ok=True)
        gone += 1
    found = _old(folder.glob("[0-9a-f][0-9a-f]/*"), before)
    while some := tuple(islice(found, 1000)):
        gone += sum(files.discard(digest) for digest in _not_needed(some))
    return gone


def _old(paths: Iterable[Path], before: float) -> Iterator[Path]:
    for path in paths:
        try:
            if path.stat().st_mtime < before:
                yield path
        except FileNotFoundError:
            continue


def _not_needed(paths: Iterable[Path]) -> set[str]:
    """Return the digests of files that their rows, if there are any, do not need; other names are left alone."""
    named = {path.name: path.name.removesuffix(".sealed") for path in paths}
    named = {name: digest for name, digest in named.items() if len(digest) == 64}
    with actor.system("sweeping files"), transaction.atomic():
        rows = StoredFile.objects.filter(digest__in=set(named.values()), removed_at=None)
        needed = {f"{digest}.sealed" if by else digest for digest, by in rows.values_list("digest", "wrapped_by")}
    return {digest for name, digest in named.items() if name not in needed}
