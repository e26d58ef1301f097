"""What a scan closes: a check that passed, and, for a complete scan, what it no longer sees.

A complete scan of a unit speaks for every finding of its source on the assets it names, and on machines it no longer
finds: a host that is gone has no weaknesses left. Absence says nothing about images, repositories and applications,
which are scanned one by one. A report without any finding or passed check closes nothing; one that would close more
than `ASK_OVER` of what it speaks for asks first; and no scan closes what a newer one has seen.
"""

from __future__ import annotations

from typing import Final

from django.db.backends.utils import CursorWrapper

from remit.identify.vulnerabilities.priorities import asset_table
from remit.ingest.loading import ConfirmationNeeded, Counts, Loading, gathered, temporary
from remit.kernel import actor

ASK_OVER: Final = 0.3
"""Share of the findings that a complete scan speaks for."""
DISCOVERED: Final = ("host", "cloud_resource", "network", "service")
"""Kinds of assets that scanners find by themselves."""


def prepare(cursor: CursorWrapper, loading: Loading) -> None:
    """Make the temporary table `closing` (id, at). Raises ConfirmationNeeded."""
    cursor.execute("select max(seen) from staged_occurrence")
    newest = cursor.fetchone()[0] or loading.now
    said = {"units": loading.units, "kinds": list(DISCOVERED), "at": max(newest, loading.scanned_at or newest)}
    temporary(cursor, "closing", "id bigint, at timestamptz")
    cursor.execute(_PASSED, said)
    if not loading.complete:
        return
    cursor.execute("select exists (select from staged_occurrence) or exists (select from staged_pass)")
    if not cursor.fetchone()[0]:
        return
    gathered(cursor, "spoken_for", _SPOKEN_FOR.format(assets=asset_table()), said)
    cursor.execute("select count(*), count(*) filter (where not seen and not passed) from spoken_for")
    total, closing = cursor.fetchone()
    if closing > ASK_OVER * total and not loading.confirmed:
        raise ConfirmationNeeded(closing, total)
    cursor.execute(
        "insert into closing select id, at from spoken_for where not seen and not passed and last_seen <= at"
    )


def write(cursor: CursorWrapper, loading: Loading) -> Counts:
    """Verify as fixed what `closing` names."""
    with actor.verb("verify"):
        cursor.execute(_CLOSE, {"import": loading.import_id})
    return Counts(occurrences_closed=cursor.rowcount)


_OPEN: Final = "o.state in ('open', 'in_progress', 'reopened', 'fixed')"

_PASSED: Final = f"""
insert into closing
select distinct o.id, %(at)s::timestamptz
from staged_pass s join staged_asset t on t.n = s.asset
join vulnerabilities_weakness w on w.source = s.source and w.rule = s.rule
join vulnerabilities_occurrence o on o.asset_id = t.asset_id and o.weakness_id = w.id and o.location = s.location
where {_OPEN} and o.last_seen <= %(at)s and not exists (select from found f where f.occurrence_id = o.id)
"""  # noqa: S608  (all of it is written here)

_SPOKEN_FOR: Final = f"""
with scan as (
  select %(at)s::timestamptz as at, exists (select from staged_asset where kind = any(%(kinds)s)) as discovers
), sources as (
  select source from staged_occurrence union select source from staged_pass union select source from staged_weakness
)
select o.id, o.last_seen, scan.at, exists (select from found f where f.occurrence_id = o.id) as seen,
  exists (select from closing c where c.id = o.id) as passed
from vulnerabilities_occurrence o cross join scan
where o.source in (select source from sources) and o.unit_id = any(%(units)s) and {_OPEN}
  and (o.asset_id in (select asset_id from staged_asset)
    or (scan.discovers and o.asset_id in (select a.id from {{assets}} a where a.kind_of = any(%(kinds)s))))
"""  # noqa: S608  (all of it is written here)

_CLOSE: Final = """
update vulnerabilities_occurrence o set state = 'verified', last_import_id = %(import)s,
  fixed_at = case when o.state = 'fixed' then coalesce(o.fixed_at, c.at) else c.at end,
  version = o.version + 1, updated_at = now()
from closing c where c.id = o.id
"""
