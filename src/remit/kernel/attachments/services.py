"""Commenting, attaching evidence and tying records together; all of it seen exactly where the record is seen."""

from __future__ import annotations

from collections import defaultdict
from contextlib import AbstractContextManager
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, BinaryIO

from django.db import transaction
from django.db.models import Q, QuerySet

from remit.kernel import actor
from remit.kernel.attachments import files, names, sniffing
from remit.kernel.attachments.models import Comment, Evidence, RecordLink
from remit.kernel.attachments.refused import AttachmentRefusedError
from remit.kernel.ledger.reading import note
from remit.kernel.resources import Resource, of_kind

if TYPE_CHECKING:
    from pathlib import Path

    from remit.kernel.records import Record

__all__ = (
    "AttachmentRefusedError",
    "Tie",
    "as_file",
    "attach",
    "comment",
    "comments_of",
    "evidence_of",
    "link",
    "links_of",
    "open_evidence",
    "unlink",
)

LONGEST_COMMENT = 10_000
MOST_LINKS = 200
BACKWARDS = {
    RecordLink.Kind.RELATES_TO: "relates to",
    RecordLink.Kind.CAUSES: "is caused by",
    RecordLink.Kind.MITIGATES: "is mitigated by",
    RecordLink.Kind.DUPLICATES: "is duplicated by",
    RecordLink.Kind.EVIDENCES: "is evidenced by",
}


@dataclass(frozen=True)
class Tie:
    """A link as seen from one of its ends: what it says ("is caused by") and the record at the other end."""

    id: int
    words: str
    resource: Resource
    record: Record


def comment(record: Record, text: str) -> Comment:
    """Say something about a record. AttachmentRefusedError for no words or more than 10,000 characters."""
    said = text.replace("\r\n", "\n").replace("\x00", "").strip()
    if not said:
        raise AttachmentRefusedError("empty", "text", "Write something first.")
    if len(said) > LONGEST_COMMENT:
        raise AttachmentRefusedError(
            "too-long", f"character {LONGEST_COMMENT}", "Shorten the comment, or attach the text as a file."
        )
    return Comment.objects.create(**_on(record), text=said)


def attach(
    record: Record,
    name: str,
    stream: BinaryIO,
    content_type: str = "",
    *,
    source: str = "",
    largest: int = files.LARGEST,
) -> Evidence:
    """Keep a file as evidence about a record. `largest` is in bytes; `source` says where it is from.

    The type is told by the content; `content_type`, what the sender says, stands in only where that tells nothing and
    is then no type a browser would run. The file is on disk before its row is. AttachmentRefusedError where it cannot
    be taken; then nothing is kept.
    """
    shown = names.clean(name)
    ending = names.extension(shown)
    with transaction.atomic():
        kept = files.keep(stream, lambda head: sniffing.checked_type(ending, head, content_type), largest=largest)
        return Evidence.objects.create(
            **_on(record),
            name=shown,
            content_type=kept.content_type,
            size=kept.stored.size,
            digest=kept.stored.digest,
            stored=kept.stored,
            source=source[:200],
        )


def open_evidence(evidence: Evidence) -> BinaryIO:
    """Open a piece of evidence for reading from start to end; the ledger notes that it was read.

    Get `evidence` from `evidence_of` or by a query as the actor, so that its record's policy answers first.
    AttachmentRefusedError if the file is gone, was removed or is damaged (`files.open_content`).
    """
    refuse_removed(evidence)
    file = files.open_content(evidence.digest)
    note("read", Evidence._meta.label_lower, [evidence.pk], f"{evidence.name} of {evidence.kind} {evidence.record_id}")
    return file


def as_file(evidence: Evidence) -> AbstractContextManager[Path]:
    """Lend a piece of evidence as a file in the clear, for programs that need one; gone afterwards. Errors as above."""
    refuse_removed(evidence)
    return files.as_file(evidence.digest)


def refuse_removed(evidence: Evidence) -> None:
    """AttachmentRefusedError for evidence whose content a rule has removed, even where other evidence still has it."""
    if evidence.removed_at:
        raise AttachmentRefusedError(
            "removed", evidence.digest, f"It was removed on {evidence.removed_at:%Y-%m-%d}: {evidence.removed_by}."
        )


def comments_of(record: Record) -> QuerySet[Comment]:
    """Return what was said about a record, oldest first."""
    return Comment.objects.filter(kind=record.kind(), record_id=record.pk).select_related("by")


def evidence_of(record: Record) -> QuerySet[Evidence]:
    """Return the evidence about a record, oldest first."""
    return Evidence.objects.filter(kind=record.kind(), record_id=record.pk).select_related("by")


def link(record: Record, other: Record, kind: str = RecordLink.Kind.RELATES_TO) -> RecordLink:
    """Tie two records the actor sees together; the same tie again is the one there is.

    AttachmentRefusedError for a tie of a record to itself or of a kind there is not.
    """
    if kind not in RecordLink.Kind.values:
        raise AttachmentRefusedError("unknown-tie", "kind", f"Choose one of {', '.join(RecordLink.Kind.labels)}.")
    if (record.kind(), record.pk) == (other.kind(), other.pk):
        raise AttachmentRefusedError("same-record", other.ref, "Choose another record: one cannot be tied to itself.")
    values = _on(record)
    by = values.pop("by_id")
    made, _ = RecordLink.objects.get_or_create(
        **values, link=kind, to_kind=other.kind(), to_id=other.pk, defaults={"by_id": by}
    )
    return made


def unlink(record: Record, link_id: int) -> bool:
    """Remove a tie of this record, from whichever end; False if it has none of this id."""
    return bool(RecordLink.objects.filter(_ends(record), pk=link_id).delete()[0])


def links_of(record: Record) -> list[Tie]:
    """Return the ties of a record from both ends, oldest first, at most 200: one query, and one for each kind found."""
    rows = list(RecordLink.objects.filter(_ends(record))[:MOST_LINKS])
    here = (record.kind(), record.pk)
    ends = [
        (row, (row.to_kind, row.to_id) if (row.kind, row.record_id) == here else (row.kind, row.record_id))
        for row in rows
    ]
    wanted: dict[str, set[int]] = defaultdict(set)
    for _, (kind, record_id) in ends:
        wanted[kind].add(record_id)
    found: dict[tuple[str, int], tuple[Resource, Record]] = {}
    for kind, ids in wanted.items():
        if (resource := of_kind(kind)) is not None:
            found |= {
                (kind, other.pk): (resource, other)
                for other in resource.queryset(resource.columns[:3]).filter(pk__in=ids)
            }
    return [
        Tie(
            row.pk,
            row.get_link_display() if (row.kind, row.record_id) == here else BACKWARDS[RecordLink.Kind(row.link)],
            *found[end],
        )
        for row, end in ends
        if end in found
    ]


def _ends(record: Record) -> Q:
    return Q(kind=record.kind(), record_id=record.pk) | Q(to_kind=record.kind(), to_id=record.pk)


def _on(record: Record) -> dict[str, Any]:
    return {"kind": record.kind(), "record_id": record.pk, "by_id": actor.actor().user_id}
