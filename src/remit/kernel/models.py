"""Every table of the kernel, where Django looks for them."""

from remit.kernel.access.models import Engagement, Grant, Group, NeedToKnow, Reach, RecordKind, RoleLevel, Unit, User
from remit.kernel.access.review_models import AccessReview, ReviewedGrant
from remit.kernel.attachments.models import Comment, Evidence, LegalHold, RecordLink, RetentionRule, StoredFile
from remit.kernel.federation.models import (
    IdentityProvider,
    ScimConnection,
    ScimGroup,
    ScimPerson,
    ScimUse,
    UsedAssertion,
)
from remit.kernel.figures.models import Reading
from remit.kernel.identity.models import ApiToken, KnownBrowser, ServiceAccount, TokenUse, UserSession
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
from remit.kernel.outbox.models import Delivery, Lane, Mail, Position, Preference, Webhook
from remit.kernel.saved_views import SavedView
from remit.kernel.search import SearchDocument
from remit.kernel.submissions import Submission
from remit.kernel.work.models import Work

__all__ = (
    "AccessReview", "Anchor", "Anchoring", "ApiToken", "Checkpoint", "Comment", "Delivery", "Engagement",
    "Evidence", "Grant", "Group", "IdentityProvider", "JobRun", "KnownBrowser", "Lane", "LedgerCheck",
    "LedgerEntry", "LedgerLeaf", "LedgerNode", "LedgerPending", "LegalHold", "Mail", "NeedToKnow", "Position",
    "Preference", "Reach", "Reading", "RecordKind", "RecordLink", "RetentionRule", "ReviewedGrant", "RingKey",
    "RoleLevel", "SavedView", "ScimConnection", "ScimGroup", "ScimPerson", "ScimUse", "SearchDocument",
    "ServiceAccount", "StoredFile", "Submission", "TokenUse", "Unit", "UsedAssertion", "User", "UserSession",
    "Webhook", "Work",
)  # fmt: skip
