"""Sessions: begun at sign-in, seen while they are used, ended one by one or all at once.

A session keeps a random mark; here only its SHA-256 is stored. `arrive` is asked at every request, so that a session
whose row is gone is over with the next click, wherever it is.
"""

from __future__ import annotations

import secrets
from datetime import datetime, timedelta

from django.conf import settings
from django.db import connection, transaction
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.utils import timezone

from remit.kernel import actor
from remit.kernel.access.models import User
from remit.kernel.access.standing import Standing, standing_in
from remit.kernel.identity.clients import address_of, browser_words, network_of
from remit.kernel.identity.models import KnownBrowser, UserSession
from remit.kernel.identity.secrets import digest_of
from remit.kernel.ledger.reading import note

MARK = "mark"
COOKIE = "remit_browser"
COOKIE_DAYS = 365
MOST_BROWSERS = 50
KIND = "kernel.user"


@transaction.atomic
def begin(request: HttpRequest, user: User) -> UserSession:
    """Write a session down as it begins, and the sign-in on the ledger; a browser not seen before is said to be new."""
    mark = secrets.token_urlsafe(32)
    request.session[MARK] = mark
    words, network = browser_words(request.headers.get("User-Agent", "")), network_of(address_of(request))
    with actor.system("sign-in"):
        is_new = _is_new(request, user)
        session = UserSession.objects.create(
            user=user, digest=digest_of(mark), browser=words, address=network, is_new_browser=is_new
        )
        note("sign in", KIND, [user.pk], f"{words} from {network}{', a browser not seen before' if is_new else ''}")
    return session


def arrive(user: User, mark: str | None, *, touched: bool = False) -> Standing | None:
    """Return the standing of whose session this is, or None where it is over; `touched` marks it as just used.

    A program's account has no sessions.
    """
    if not mark or user.is_service:
        return None
    with connection.cursor() as cursor:
        cursor.execute("select remit_arrive(%s, %s, %s)", (user.pk, digest_of(mark), touched))
        (units,) = cursor.fetchone()
    return None if units is None else standing_in(user.pk, units)


def going_on(user: User) -> QuerySet[UserSession]:
    """Return a person's sessions that have not run out, the one used last first."""
    now = timezone.now()
    return UserSession.objects.filter(user=user, **_not_over(now)).order_by("-seen_at", "-pk")


def is_this(request: HttpRequest, session: UserSession) -> bool:
    """Say whether a session is the one that this request belongs to."""
    return bytes(session.digest) == digest_of(request.session.get(MARK, ""))


@transaction.atomic
def end(user: User, pk: int) -> bool:
    """End one session of a person; False where there is none."""
    gone = UserSession.objects.filter(user=user, pk=pk).delete()[0] if pk < 2**63 else 0
    if gone:
        note("end session", KIND, [user.pk])
    return bool(gone)


@transaction.atomic
def end_others(user: User, mark: str | None) -> int:
    """End every session of a person but the one with this mark; returns how many."""
    with actor.system("ending sessions"):
        gone = UserSession.objects.filter(user=user).exclude(digest=digest_of(mark or "")).delete()[0]
    if gone:
        note("end sessions", KIND, [user.pk], f"{gone} ended")
    return gone


def end_all(user: User) -> int:
    """End every session of a person."""
    return end_others(user, None)


@transaction.atomic
def over(user: User, mark: str | None) -> None:
    """Forget a session that its person has signed out of, and write that on the ledger."""
    with actor.system("sign-out"):
        UserSession.objects.filter(user=user, digest=digest_of(mark or "")).delete()
        note("sign out", KIND, [user.pk])


def sweep(now: datetime) -> int:
    """Forget sessions that have run out, and browsers not seen for a year; returns how many sessions. System only."""
    KnownBrowser.objects.filter(seen_at__lt=now - timedelta(days=COOKIE_DAYS)).delete()
    return UserSession.objects.exclude(**_not_over(now)).delete()[0]


def carry_mark(request: HttpRequest, response: HttpResponse) -> None:
    """Let a browser that just signed in carry the mark by which it is known again."""
    mark = getattr(request, "browser_mark", "")
    if mark:
        response.set_cookie(
            COOKIE, mark, max_age=COOKIE_DAYS * 86400, secure=settings.SESSION_COOKIE_SECURE, httponly=True,
            samesite="Lax",
        )  # fmt: skip


def _is_new(request: HttpRequest, user: User) -> bool:
    """Tell a browser not seen before by the mark it lacks, and give it one."""
    mark = request.COOKIES.get(COOKIE, "")
    if not 40 <= len(mark) <= 60:
        mark = secrets.token_urlsafe(32)
        request.browser_mark = mark  # type: ignore[attr-defined]
    seen = KnownBrowser.objects.filter(user=user, digest=digest_of(mark)).update(seen_at=timezone.now())
    if seen:
        return False
    KnownBrowser.objects.create(user=user, digest=digest_of(mark))
    beyond = KnownBrowser.objects.filter(user=user).order_by("-seen_at").values("pk")[MOST_BROWSERS:]
    KnownBrowser.objects.filter(pk__in=list(beyond.values_list("pk", flat=True))).delete()
    return True


def _not_over(now: datetime) -> dict[str, datetime]:
    idle = timedelta(seconds=settings.SESSION_COOKIE_AGE)
    longest = timedelta(seconds=settings.SESSION_LONGEST)
    return {"seen_at__gt": now - idle, "began_at__gt": now - longest}
