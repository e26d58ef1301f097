"""What time does to the ledger: it is sealed every few seconds, carried outside, and looked through at night."""

from remit.kernel.jobs.beating import beat
from remit.kernel.jobs.running import Progress, every, job
from remit.kernel.ledger import sealing
from remit.kernel.ledger.anchors import carry
from remit.kernel.ledger.checking import check


@beat("seal the ledger", seconds=2)
def seal() -> None:
    """Seal what was written since the last time."""
    sealing.seal()


@beat("carry checkpoints to their anchors", seconds=5)
def anchor() -> None:
    """Bring the newest checkpoint wherever it is due."""
    carry()


@every("daily", hour=2, minute=20)
@job("ledger.check", title="Look through the newest entries of the ledger", retries=2)
def check_newest(progress: Progress) -> None:
    """Compare the newest entries with their checkpoints."""
    _check(progress, whole=False)


@every("weekly", weekday=6, hour=2, minute=40)
@job("ledger.check_all", title="Look through the whole ledger", retries=2)
def check_all(progress: Progress) -> None:
    """Compare all entries with their checkpoints."""
    _check(progress, whole=True)


def _check(progress: Progress, *, whole: bool) -> None:
    found = check(whole=whole, progress=progress.step)
    progress.conclude(found.fault or f"Entries {found.first:,} to {found.size:,} fit.", "/ledger/")
