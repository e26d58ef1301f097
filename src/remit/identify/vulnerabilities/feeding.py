"""Feed files into the table of CVEs, and from there into weaknesses and priorities, set by set."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Final

from django.db import connection, transaction

from remit.identify.vulnerabilities import feeds, weaknesses
from remit.identify.vulnerabilities.feeds import Cve, ExploitPrediction, Feed, KnownExploited
from remit.identify.vulnerabilities.priorities import recompute_with
from remit.identify.vulnerabilities.rules import best_cvss
from remit.ingest.loading import Row, Staging, only_one, temporary
from remit.ingest.rejected import ImportRejected
from remit.kernel import actor

_LOCK: Final = 7_246_812


def load_file(path: Path) -> tuple[Feed, int, int]:
    """Load one feed file in a transaction of its own. Returns which feed it is, its entries, and the CVEs that changed.

    Raises ImportRejected; then nothing has changed.
    """
    try:
        stream = path.open("rb")
    except OSError as error:
        raise ImportRejected("unreadable", path.name, f"The file cannot be opened: {error.strerror}.") from None
    with stream, transaction.atomic(), connection.cursor() as cursor:
        feed = feeds.recognise(stream)
        columns, rows, statements = _FEEDS[feed]
        staging = Staging(cursor, {"staged_cve": columns})
        entries = staging.extend("staged_cve", rows(getattr(feeds, feed).parse(stream)))
        staging.flush()
        cursor.execute("select pg_advisory_xact_lock(%s)", [_LOCK])
        changed = 0
        for statement in statements:
            cursor.execute(statement)
            changed += cursor.rowcount
        return feed, entries, changed


@transaction.atomic
def refresh() -> tuple[int, int]:
    """Bring what the table of CVEs says into weaknesses and priorities; returns how many of each changed."""
    with actor.system("vulnerability feeds"), connection.cursor() as cursor:
        only_one(cursor)
        cursor.execute("set local jit = off")
        temporary(cursor, "changed_weakness", "id bigint")
        changed = weaknesses.refresh(cursor)
        findings = recompute_with(cursor, "o.weakness_id in (select id from changed_weakness)") if changed else 0
    return changed, findings


def _kev(entries: Iterable[KnownExploited]) -> Iterable[Row]:
    for entry in entries:
        yield entry.cve, entry.name[:300], entry.added, entry.due, entry.ransomware


def _epss(entries: Iterable[ExploitPrediction]) -> Iterable[Row]:
    for entry in entries:
        yield entry.cve[:24], entry.probability, entry.percentile, entry.scored_on


def _nvd(entries: Iterable[Cve]) -> Iterable[Row]:
    for entry in entries:
        cvss = None if entry.rejected else best_cvss(entry.cvss)
        yield (
            entry.id[:24],
            entry.published,
            entry.description,
            cvss.version if cvss else "",
            cvss.vector[:200] if cvss else "",
            cvss.score if cvss else None,
            entry.cwes,
        )


# The catalogue is whole: what it no longer lists is no longer known to be exploited.
_KEV_MERGE: Final = (
    """
    insert into vulnerabilities_cve as c (id, description, cvss_version, cvss_vector, cwes, kev_name, kev_added,
      kev_due, ransomware)
    select distinct on (id) id, '', '', '', '{}', name, added, due, ransomware from staged_cve order by id
    on conflict (id) do update set kev_name = excluded.kev_name, kev_added = excluded.kev_added,
      kev_due = excluded.kev_due,
      ransomware = excluded.ransomware
    where (c.kev_name, c.kev_added, c.kev_due, c.ransomware)
      is distinct from (excluded.kev_name, excluded.kev_added, excluded.kev_due, excluded.ransomware)
    """,
    """
    update vulnerabilities_cve c set kev_name = '', kev_added = null, kev_due = null, ransomware = false
    where c.kev_added is not null and exists (select from staged_cve)
      and not exists (select from staged_cve s where s.id = c.id)
    """,
)
# Scores of an older day do not replace newer ones.
_EPSS_MERGE: Final = (
    """
    insert into vulnerabilities_cve as c (id, description, cvss_version, cvss_vector, cwes, kev_name, ransomware, epss,
      epss_percentile, epss_on)
    select distinct on (id) id, '', '', '', '{}', '', false, epss, percentile, scored_on from staged_cve order by id
    on conflict (id) do update set epss = excluded.epss, epss_percentile = excluded.epss_percentile,
      epss_on = excluded.epss_on
    where (c.epss, c.epss_percentile) is distinct from (excluded.epss, excluded.epss_percentile)
      and coalesce(c.epss_on <= excluded.epss_on, true)
    """,
)
_NVD_MERGE: Final = (
    """
    insert into vulnerabilities_cve as c (id, published, description, cvss_version, cvss_vector, cvss_score, cwes,
      kev_name, ransomware)
    select distinct on (id) id, published, description, version, vector, score, cwes, '', false
    from staged_cve order by id
    on conflict (id) do update set published = excluded.published, description = excluded.description,
      cvss_version = excluded.cvss_version, cvss_vector = excluded.cvss_vector, cvss_score = excluded.cvss_score,
      cwes = excluded.cwes
    where (c.published, c.description, c.cvss_version, c.cvss_vector, c.cvss_score, c.cwes)
      is distinct from (excluded.published, excluded.description, excluded.cvss_version, excluded.cvss_vector,
        excluded.cvss_score, excluded.cwes)
    """,
)
_FEEDS: Final[dict[Feed, tuple[str, Callable[..., Iterable[Row]], tuple[str, ...]]]] = {
    "kev": ("id text, name text, added date, due date, ransomware bool", _kev, _KEV_MERGE),
    "epss": ("id text, epss float8, percentile float8, scored_on date", _epss, _EPSS_MERGE),
    "nvd": (
        "id text, published timestamptz, description text, version text, vector text, score float8, cwes int[]",
        _nvd,
        _NVD_MERGE,
    ),
}
"""Columns to stage, rows of an entry, statements that merge: by feed."""
