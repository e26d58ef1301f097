"""One line of the lists of sessions and tokens: plain values that templates lay out."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime


@dataclass(frozen=True)
class SessionLine:
    """One session: where it began, and when it was last used."""

    id: int
    browser: str
    address: str
    began_at: datetime
    seen_at: datetime
    this: bool
    is_new_browser: bool


@dataclass(frozen=True)
class TokenLine:
    """One token: what it may do, and how it stands ("Valid", "Ends soon", "Ended", "Revoked")."""

    id: int
    name: str
    hint: str
    may: str
    state: str
    tone: str
    holds: bool
    created_at: datetime
    expires_at: datetime
    used_at: datetime | None
    made_by: str
