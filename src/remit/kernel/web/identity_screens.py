"""Sessions and tokens as pages show them."""

from __future__ import annotations

from datetime import datetime, timedelta

from remit.kernel.identity.models import ApiToken, UserSession
from remit.kernel.identity.services import WARN_DAYS
from remit.kernel.identity.tokens import last_use
from remit.kernel.resources import of_kind
from remit.kernel.web.identity_lines import SessionLine, TokenLine


def session_line(session: UserSession, *, this: bool) -> SessionLine:
    """Lay a session out."""
    return SessionLine(
        session.pk, session.browser, session.address, session.began_at, session.seen_at, this, session.is_new_browser
    )


def token_line(token: ApiToken, now: datetime) -> TokenLine:
    """Lay a token out as it stands now."""
    state, tone = standing_of_token(token.revoked_at, token.expires_at, now)
    made_by = token.made_by.name if token.made_by is not None and token.made_by_id != token.user_id else ""
    return TokenLine(
        token.pk, token.name, token.hint, scope_words(token), state, tone, state in {"Valid", "Ends soon"},
        token.created_at, token.expires_at, last_use(token), made_by,
    )  # fmt: skip


def standing_of_token(revoked_at: datetime | None, expires_at: datetime, now: datetime) -> tuple[str, str]:
    """Say how a token stands, and in which tone."""
    if revoked_at is not None:
        return "Revoked", ""
    if expires_at <= now:
        return "Ended", ""
    return ("Ends soon", "attend") if expires_at - now <= timedelta(days=WARN_DAYS) else ("Valid", "good")


def scope_words(token: ApiToken) -> str:
    """Say what a token may do: "reads findings, assets of Halvern IT"."""
    titles = [found.title.lower() for kind in token.kinds if (found := of_kind(kind)) is not None]
    what = ", ".join(titles) if token.kinds else "everything its account reaches"
    return f"{'reads and writes' if token.writes else 'reads'} {what}{f' in {token.unit}' if token.unit else ''}"
