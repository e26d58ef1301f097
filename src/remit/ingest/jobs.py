"""Imports that a worker does, with progress that the person who asked can watch."""

from __future__ import annotations

from remit.ingest.keeping import kept
from remit.ingest.models import Import
from remit.ingest.rejected import ImportRejected
from remit.ingest.services import import_one
from remit.kernel import actor
from remit.kernel.jobs.progress import Progress
from remit.kernel.jobs.registry import job
from remit.kernel.jobs.running import start
from remit.kernel.lifecycle import after


@job("ingest.load", title="Import {name}", refusals=(ImportRejected,))
def load_import(progress: Progress, *, import_id: int, name: str, confirmed: bool = False) -> None:
    """Load the file kept with an import that waits; one that is loaded already is left alone."""
    record = Import.objects.select_related("unit").get(pk=import_id)
    if record.state != "waiting":
        progress.conclude(f"{record.ref} is {record.get_state_display().lower()}.", record.get_absolute_url())
        return
    try:
        with kept(record) as path:
            outcome = import_one(
                path,
                unit=record.unit,
                coverage=record.coverage,
                name=record.name,
                confirmed=confirmed,
                progress=lambda count, doing: progress.step(count, 0, f"{doing}: {count:,} statements"),
            )
    except ImportRejected as refused:  # noted with the import; raised further, the job would take that note back too
        progress.conclude(f"Refused: {refused}", record.get_absolute_url())
        return
    record.refresh_from_db()
    if record.state == "waiting":  # the same file stands with another import already: this one is not needed
        record.hint = outcome["note"][:500] or f"The same file is {outcome['ref']}."
        record.move("withdraw")
    progress.conclude(
        outcome["note"] or f"{outcome['new']:,} new findings, {outcome['closed']:,} closed.", record.get_absolute_url()
    )


@after("ingest.import", "confirm")
def load_confirmed(record: Import) -> None:
    """A complete scan that a person has confirmed is loaded at once, whatever it closes."""
    user_id = actor.actor().user_id
    if user_id is not None:
        start(
            load_import,
            user_id=user_id,
            key=f"ingest.load:{record.pk}.{record.version}",
            import_id=record.pk,
            name=record.name,
            confirmed=True,
        )
