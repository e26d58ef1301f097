"""Taking in files: each in one transaction, once, on behalf of whoever sends it.

A loaded file leaves an `Import` with its figures and the raw file as evidence; a refused one leaves why, and nothing
else.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from hashlib import file_digest, sha256
from pathlib import Path
from typing import BinaryIO, Final, NamedTuple, TypedDict

from django.core.exceptions import PermissionDenied
from django.db import connection, transaction
from django.db.models import Q
from django.utils import timezone

from remit.ingest.keeping import keep, keep_stream
from remit.ingest.loading import ConfirmationNeeded, Counts, Loading, elevated, merge, only_one, stage
from remit.ingest.models import Import
from remit.ingest.parsing import observe
from remit.ingest.rejected import ImportRejected
from remit.ingest.text import line
from remit.kernel import actor
from remit.kernel.access.models import Unit
from remit.kernel.access.services import first_unit, networks

Progress = Callable[[int, str], None]
"""Told how many statements were read so far, and what is being done."""


class Outcome(TypedDict):
    """What became of one file; `state` is "loaded", "unchanged" (it was loaded before) or "to_confirm" (see `note`)."""

    file: str
    state: str
    ref: str
    format: str
    items: int
    new: int
    seen_again: int
    reopened: int
    closed: int
    new_assets: int
    note: str


class _File(NamedTuple):
    """A file as it was when its digest was taken."""

    path: Path
    name: str
    digest: str
    size: int
    stamp: tuple[int, int, int]


def import_files(
    files: Sequence[Path],
    *,
    unit: Unit | str | None = None,
    coverage: str = "partial",
    user_id: int | None = None,
    network: str | None = None,
    confirmed: bool = False,
    progress: Progress | None = None,
) -> list[Outcome]:
    """Take in each file in a transaction of its own; arguments as for `import_one`.

    Raises what `import_one` raises at the first file that is refused; those before it stay loaded.
    """
    return [
        import_one(
            path, unit=unit, coverage=coverage, user_id=user_id, network=network, confirmed=confirmed, progress=progress
        )
        for path in files
    ]


def import_one(
    path: Path,
    *,
    unit: Unit | str | None = None,
    coverage: str = "partial",
    user_id: int | None = None,
    network: str | None = None,
    name: str | None = None,
    confirmed: bool = False,
    progress: Progress | None = None,
) -> Outcome:
    """Take in one file; the same file again, for the same unit and coverage, changes nothing.

    `unit` (its code or name, or the unit itself; None: the topmost) gets new assets, and with the units below it bounds
    what is recognised and closed. `network` says where private addresses are meant, by default the unit's company. The
    import acts for `user_id`, else for the actor, else for the system. `confirmed` lets a scan close any share.

    Raises ImportRejected (after noting it as a refused import), PermissionDenied where the person may not import there.
    """
    with _on_behalf_of(user_id):
        where = _unit(unit)
        file = _file(path, name)
        if coverage not in Import.Coverage.values:
            raise ImportRejected("unknown-coverage", "coverage", "Say “complete” or “partial”.")
        try:
            return _import(
                file,
                where,
                coverage,
                network=network or networks().get(where.pk, where.code),
                confirmed=confirmed,
                progress=progress or _silently,
            )
        except ImportRejected as refused:
            _refuse(file, where, coverage, refused)
            raise
        except ConfirmationNeeded as question:
            return _ask(file, where, coverage, question)


@transaction.atomic
def receive(stream: BinaryIO, name: str, *, unit: Unit, coverage: str) -> Import:
    """Keep a file that somebody hands in, with an import that waits for a worker; the job "ingest.load" loads it."""
    digest = sha256()
    size = 0
    while chunk := stream.read(1 << 20):
        digest.update(chunk)
        size += len(chunk)
    stream.seek(0)
    record = Import.objects.create(
        unit=_unit(unit),
        owner_id=actor.actor().user_id,
        name=line(name, 255),
        digest=digest.hexdigest(),
        size=size,
        coverage=coverage,
    )
    keep_stream(record, stream)
    return record


@transaction.atomic
def _import(file: _File, unit: Unit, coverage: str, *, network: str, confirmed: bool, progress: Progress) -> Outcome:
    """Parse, stage and merge; what is raised rolls everything back."""
    if known := _known(file, unit, coverage, ("loaded",)):
        return _outcome(known, "unchanged")
    if not confirmed and (known := _known(file, unit, coverage, ("to_confirm",))):
        return _outcome(known, "to_confirm")
    loading = Loading(
        unit_id=unit.pk,
        units=_below(unit),
        root_id=first_unit().pk,
        network=network.strip().lower(),
        now=timezone.now(),
        complete=coverage == Import.Coverage.COMPLETE,
        confirmed=confirmed,
    )
    with connection.cursor() as cursor, observe(file.path, name=file.name) as observations:
        items = stage(cursor, observations, loading, lambda count: progress(count, "reading"))
        if _stamp(file.path) != file.stamp:
            raise ImportRejected(
                "changed", "whole file", "The file changed while it was read; import it when it is complete."
            )
        progress(items, "loading")
        only_one(cursor)
        if known := _known(file, unit, coverage, ("loaded",)):
            return _outcome(known, "unchanged")
        record = _record(file, unit, coverage)
        keep(record, file.path)
        record.format, record.tool = observations.format, loading.tool[:80]
        record.scanned_at, record.observations = loading.scanned_at, items
        loading.import_id = record.pk
        with elevated(f"import {record.ref}"), actor.verb("import"):
            counts = merge(cursor, loading)
    _finish(record, counts)
    return _outcome(record, "loaded")


def _finish(record: Import, counts: Counts) -> None:
    for name, count in counts.items():
        setattr(record, name, count)
    _move(record, "load")


def _refuse(file: _File, unit: Unit, coverage: str, refused: ImportRejected) -> None:
    with transaction.atomic():
        record = _record(file, unit, coverage)
        record.code, record.place, record.hint = refused.code[:60], refused.where[:300], refused.hint[:500]
        _move(record, "refuse")


def _ask(file: _File, unit: Unit, coverage: str, question: ConfirmationNeeded) -> Outcome:
    with transaction.atomic():
        record = _record(file, unit, coverage)
        keep(record, file.path)
        record.hint = str(question)[:500]
        _move(record, "ask")
    return _outcome(record, "to_confirm")


def _move(record: Import, move: str) -> None:
    """Take a move that only the system may take; the ledger already shows who sent the file."""
    with actor.system(f"import {record.ref}"):
        record.move(move)


def _record(file: _File, unit: Unit, coverage: str) -> Import:
    """The import of this file that waits to be loaded: one that was confirmed or queued, else a new one."""
    found = _known(file, unit, coverage, ("waiting", "to_confirm"))
    if found is not None and found.state == "to_confirm":
        found.move("confirm")
    return found or Import.objects.create(
        unit=unit,
        owner_id=actor.actor().user_id,
        name=file.name,
        digest=file.digest,
        size=file.size,
        coverage=coverage,
    )


def _known(file: _File, unit: Unit, coverage: str, states: Sequence[str]) -> Import | None:
    return (
        Import.objects.filter(digest=file.digest, unit=unit, coverage=coverage, state__in=states)
        .order_by("-pk")
        .first()
    )


def _outcome(record: Import, state: str) -> Outcome:
    return Outcome(
        file=record.name,
        state=state,
        ref=record.ref,
        format=record.format,
        items=record.observations,
        new=record.occurrences_new if state == "loaded" else 0,
        seen_again=record.occurrences_seen if state == "loaded" else 0,
        reopened=record.occurrences_reopened if state == "loaded" else 0,
        closed=record.occurrences_closed if state == "loaded" else 0,
        new_assets=record.assets_new if state == "loaded" else 0,
        note={"unchanged": f"loaded before as {record.ref}", "to_confirm": record.hint}.get(state, ""),
    )


@contextmanager
def _on_behalf_of(user_id: int | None) -> Iterator[None]:
    if user_id is not None:
        with actor.acting(user_id):
            yield
    elif actor.actor() == actor.NOBODY:
        with actor.system("remit import"):
            yield
    else:
        yield


@transaction.atomic
def _unit(wanted: Unit | str | None) -> Unit:
    """The unit that is meant, if the actor may import there."""
    if isinstance(wanted, Unit):
        unit: Unit | None = wanted
    elif wanted:
        unit = Unit.objects.filter(Q(code__iexact=wanted) | Q(name__iexact=wanted)).order_by("pk").first()
    else:
        unit = first_unit()
    if unit is None:
        raise ImportRejected(
            "unknown-unit", "unit", f"There is no unit “{line(str(wanted))}” that you see; give its code or name."
        )
    with connection.cursor() as cursor:
        cursor.execute("select remit_system() or %s in (select remit_units('ingest.import', 3))", [unit.pk])
        if not cursor.fetchone()[0]:
            raise PermissionDenied(f"You may not import into {unit.name}.")
    return unit


def _below(unit: Unit) -> list[int]:
    """The keys of a unit and of all below it; whoever may import into a unit reaches those too."""
    with connection.cursor() as cursor:
        cursor.execute(_SUBTREE, [unit.pk])
        return [row[0] for row in cursor.fetchall()]


_SUBTREE: Final = """
with recursive below as (
  select %s::bigint as id union select u.id from kernel_unit u join below b on u.parent_id = b.id
)
select id from below order by id
"""


def _file(path: Path, name: str | None) -> _File:
    shown = line(name or path.name, 255)
    try:
        stamp = _stamp(path)
        with path.open("rb") as stream:
            return _File(path, shown, file_digest(stream, "sha256").hexdigest(), stamp[2], stamp)
    except OSError as error:
        raise ImportRejected("unreadable", shown, f"The file cannot be opened: {error.strerror}.") from None


def _stamp(path: Path) -> tuple[int, int, int]:
    facts = path.stat()
    return facts.st_ino, facts.st_mtime_ns, facts.st_size


def _silently(count: int, doing: str) -> None:
    """Progress for those who do not watch."""
