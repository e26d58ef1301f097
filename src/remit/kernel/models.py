"""Every table of the kernel, where Django looks for them."""

from remit.kernel.access.models import Grant, Group, NeedToKnow, Reach, RecordKind, RoleLevel, Unit, User
from remit.kernel.attachments.models import Comment, Evidence, LegalHold, RecordLink, RetentionRule, StoredFile
from remit.kernel.figures.models import Reading
from remit.kernel.jobs.models import JobRun
from remit.kernel.keys.models import RingKey
from remit.kernel.ledger.models import (
    Anchor,
    Anchoring,
    Checkpoint,
    LedgerCheck,
    LedgerEntry,
    LedgerLeaf,
    LedgerNode,
    LedgerPending,
)
from remit.kernel.saved_views import SavedView
from remit.kernel.search import SearchDocument
from remit.kernel.work.models import Work

__all__ = (
    "Anchor", "Anchoring", "Checkpoint", "Comment", "Evidence", "Grant", "Group", "JobRun", "LedgerCheck",
    "LedgerEntry", "LedgerLeaf", "LedgerNode", "LedgerPending", "LegalHold", "NeedToKnow", "Reach", "Reading",
    "RecordKind", "RecordLink", "RetentionRule", "RingKey", "RoleLevel", "SavedView", "SearchDocument",
    "StoredFile", "Unit", "User", "Work",
)  # fmt: skip
