"""Every table of the kernel, where Django looks for them."""

from remit.kernel.access.models import Grant, Group, NeedToKnow, Reach, RecordKind, RoleLevel, Unit, User
from remit.kernel.attachments.models import Comment, Evidence, RecordLink
from remit.kernel.federation.models import (
    IdentityProvider,
    ScimConnection,
    ScimGroup,
    ScimPerson,
    ScimUse,
    UsedAssertion,
)
from remit.kernel.figures.models import Reading
from remit.kernel.jobs.models import JobRun
from remit.kernel.keys.models import RingKey
from remit.kernel.ledger.models import LedgerEntry
from remit.kernel.saved_views import SavedView
from remit.kernel.search import SearchDocument
from remit.kernel.work.models import Work

__all__ = (
    "Comment", "Evidence", "Grant", "Group", "IdentityProvider", "JobRun", "LedgerEntry", "NeedToKnow", "Reach",
    "Reading", "RecordKind", "RecordLink", "RingKey", "RoleLevel", "SavedView", "ScimConnection", "ScimGroup",
    "ScimPerson", "ScimUse", "SearchDocument", "Unit", "UsedAssertion", "User", "Work",
)  # fmt: skip
