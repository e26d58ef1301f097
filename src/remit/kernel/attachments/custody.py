"""Custody of evidence: what happened to a file since it was attached, as the ledger tells, and whether it is whole."""

from __future__ import annotations

import json
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from django.db import connection

from remit.kernel.access.models import User
from remit.kernel.attachments import files
from remit.kernel.attachments.models import Evidence
from remit.kernel.attachments.refused import AttachmentRefusedError
from remit.kernel.attachments.services import refuse_removed
from remit.kernel.ledger.reading import note
from remit.kernel.plain_text import one_line

KIND = Evidence._meta.label_lower
MOST = 200
IN_TEXT = 10_000
DEEDS = {
    ("create", KIND): "attached and sealed",
    ("read", KIND): "read",
    ("verify", KIND): "verified",
    ("export", KIND): "custody exported",
    ("hold", KIND): "put under legal hold",
    ("lift hold", KIND): "legal hold lifted",
    ("remove", KIND): "content removed",
    ("seal", "kernel.storedfile"): "sealed",
    ("re-wrap", "kernel.storedfile"): "key wrapped anew",
}


@dataclass(frozen=True, slots=True)
class Step:
    """One thing that happened to a piece of evidence: the ledger's entry, when, by whom, what, and more about it."""

    entry: int
    at: datetime
    by: str
    deed: str
    note: str


def steps(evidence: Evidence, *, after: int = 0, most: int = MOST) -> list[Step]:
    """Return what happened to a piece of evidence the actor sees, oldest first; nothing for one they do not see."""
    with connection.cursor() as cursor:
        cursor.execute("select * from remit_custody(%s, %s::bigint, %s)", (evidence.pk, after, most))
        rows = cursor.fetchall()
    names = dict(User.objects.filter(pk__in={row[2] for row in rows if row[2]}).values_list("pk", "name"))
    return [
        Step(
            entry,
            at,
            names.get(actor_id or 0, "") or f"Remit ({system})",
            DEEDS.get((verb, kind), verb),
            said or _said(verb, kind, json.loads(change) if isinstance(change, str) else change),
        )
        for entry, at, actor_id, system, verb, kind, change, said in rows
    ]


def verify(evidence: Evidence) -> str:
    """Read the whole file, compare it with its SHA-256, and say what is wrong, or "". The ledger notes the outcome.

    KeyRefusedError, and no outcome, where its key is not at hand.
    """
    wrong = _wrong(evidence)
    note("verify", KIND, [evidence.pk], f"failed: {wrong}" if wrong else f"unchanged: SHA-256 {evidence.digest}")
    return wrong


def report(evidence: Evidence, *, ref: str, by: str, now: datetime) -> str:
    """Return the custody of a piece of evidence as a text for a court or an auditor; the ledger notes that it went out.

    `ref` names its record, `by` who asks for it.
    """
    removed = f"removed {_utc(evidence.removed_at)}: {evidence.removed_by}" if evidence.removed_at else ""
    lines = [
        "CUSTODY RECORD",
        "",
        *_aligned(
            ("evidence", f"{evidence.pk}: {evidence.name}"),
            ("about", ref),
            ("type", evidence.content_type),
            ("size", f"{evidence.size} bytes"),
            ("SHA-256", evidence.digest),
            ("attached", f"{_utc(evidence.at)} by {evidence.by.name if evidence.by else 'Remit'}"),
            ("source", evidence.source or "a person"),
            ("content", removed or "kept"),
            ("written", f"{_utc(now)} for {by}"),
        ),
        "",
        "Times are UTC. The number is that of the entry on Remit's ledger.",
        "",
    ]
    for step in steps(evidence, most=IN_TEXT):
        lines.append(f"{_utc(step.at)}  #{step.entry}  {step.by}: {step.deed}{f' ({step.note})' if step.note else ''}")
    note("export", KIND, [evidence.pk], "as text")
    return "".join(f"{one_line(line)}\n" for line in lines)


def _wrong(evidence: Evidence) -> str:
    try:
        refuse_removed(evidence)
        return "" if files.verified(evidence.digest) else "The file is not what was attached. Restore it from a backup."
    except AttachmentRefusedError as refused:
        return refused.hint


def _said(verb: str, kind: str, change: dict[str, Any] | None) -> str:
    """Say what an entry changed, where that is worth telling."""
    after = (change or {}).get("after") or {}
    if verb == "re-wrap":
        return f"by {after['wrapped_by']}" if "wrapped_by" in after else ""
    if verb == "remove" and kind == KIND:
        return str(after.get("removed_by", ""))
    if verb == "create" and after.get("source"):
        return f"from {after['source']}"
    return ""


def _aligned(*facts: tuple[str, str]) -> Iterable[str]:
    return (f"{name:<10} {value}" for name, value in facts)


def _utc(at: datetime) -> str:
    return f"{at.astimezone(UTC):%Y-%m-%d %H:%M:%S}Z"
