"""What whoever looks after the installation wants to know."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from django.conf import settings
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils import timezone
from django.views.decorators.http import require_safe

from remit.kernel.backup import scheduled
from remit.kernel.backup.keeping import Keep
from remit.kernel.jobs.registry import schedules
from remit.kernel.jobs.schedule import PERIODS
from remit.kernel.web.views import standing_of


@dataclass(frozen=True)
class BackupsScreen:
    """The page of backups. `tone` and `word` say how they stand; `until` is when the next is made."""

    state: scheduled.State
    word: str
    tone: str
    until: datetime
    kept: str
    encrypted: bool


@require_safe
def backups(request: HttpRequest) -> HttpResponse:
    """Show how the scheduled backups stand, to those who administer and to heads of security."""
    if not standing_of(request).administers:
        raise PermissionDenied
    return render(request, "kernel/backups.html", {"screen": backups_screen(timezone.now())})


def backups_screen(now: datetime) -> BackupsScreen:
    state, schedule = scheduled.state(now), schedules()[scheduled.JOB]
    word, tone = (
        ("Not scheduled", "act")
        if state.place is None
        else ("Late", "act")
        if state.late
        else ("The last try failed", "attend")
        if state.error
        else ("Good", "good")
        if state.held
        else ("None yet", "attend")
    )
    following = schedule.last_due(now) + PERIODS[schedule.period]
    return BackupsScreen(state, word, tone, following, _kept(), bool(settings.BACKUP_PASSPHRASE_FILE))


def _kept() -> str:
    try:
        keep = Keep.parse(settings.BACKUP_KEEP)
    except ValueError as error:
        return str(error)
    return f"one for each of {keep.daily} days, {keep.weekly} weeks, {keep.monthly} months"
