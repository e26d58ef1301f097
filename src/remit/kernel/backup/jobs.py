"""Backups are made every night and looked for every hour."""

from django.utils import timezone

from remit.kernel.backup import scheduled
from remit.kernel.jobs.running import JobError, Progress, every, job

PAGE = "/operations/backups/"


@every("daily", hour=1, minute=30)
@job(scheduled.JOB, title="Back up everything", retries=2)
def daily(progress: Progress) -> None:
    """Make today's backup, where a folder for them is named."""
    if scheduled.folder() is None:
        progress.conclude("No folder for backups is named (REMIT_BACKUP_FOLDER).", PAGE)
        return
    try:
        made = scheduled.back_up(timezone.now(), lambda said: progress.step(0, message=said))
    except scheduled.BackupFailedError as failed:
        raise JobError(str(failed)) from failed
    progress.conclude(f"{made.name}: {made.size / 1e6:,.1f} MB, whole and checked.", PAGE)


@every("hourly", minute=50)
@job("backup.watch", title="Look whether there are backups", retries=2)
def watch(progress: Progress) -> None:
    """Raise or end the alarm."""
    asked = scheduled.alarm(timezone.now())
    progress.conclude(f"{asked} asked to see to the backups." if asked else "Nothing to ask.", PAGE)
