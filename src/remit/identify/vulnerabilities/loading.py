"""Weaknesses and findings out of reports.

A finding is known by its asset, source, rule, location and number (`fingerprint`): two items of a report never become
one. What is accepted or dismissed stays so when it is seen again; what was fixed is reopened by a scan that is not
older than the fix. What the tool itself sets aside is dismissed with its reason. `closing` says what a scan closes.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Final

from django.db.backends.utils import CursorWrapper

from remit.identify.vulnerabilities import closing, findings, weaknesses
from remit.identify.vulnerabilities.priorities import recompute_with
from remit.identify.vulnerabilities.rules import best_cvss
from remit.ingest.loading import Counts, Loading, Row, Sink, register
from remit.ingest.observations import Occurrence, Passed, Weakness

TABLES: Final = {
    "staged_weakness": (
        "source text, rule text, title text, description text, solution text, severity smallint, cves varchar[], "
        "cwes int[], cvss_version text, cvss_vector text, cvss_score float8, refs varchar[], exploited bool, "
        "published timestamptz"
    ),
    "staged_occurrence": (
        "n int, asset int, source text, rule text, location text, detail text, severity smallint, cves varchar[], "
        "package text, installed_version text, fixed_version text, first_seen timestamptz, seen timestamptz, "
        "suppressed text, credentialed bool"
    ),
    "staged_pass": "asset int, source text, rule text, location text",
}


def _weakness(weakness: Weakness, loading: Loading) -> Iterable[tuple[str, Row]]:
    cvss = best_cvss(weakness.cvss)
    yield (
        "staged_weakness",
        (
            weakness.source[:80],
            weakness.rule[:300],
            weakness.title[:500],
            weakness.description,
            weakness.solution,
            weakness.severity,
            weakness.cves,
            weakness.cwes,
            cvss.version if cvss else "",
            cvss.vector[:200] if cvss else "",
            cvss.score if cvss else None,
            weakness.references,
            weakness.exploited,
            weakness.published,
        ),
    )


def _occurrence(occurrence: Occurrence, loading: Loading) -> Iterable[tuple[str, Row]]:
    # A clock that runs ahead must not keep later scans from being believed.
    seen = min(occurrence.last_seen or loading.scanned_at or loading.now, loading.now)
    yield (
        "staged_occurrence",
        (
            occurrence.ordinal,
            loading.asset(occurrence.asset),
            occurrence.source[:80],
            occurrence.rule[:300],
            occurrence.location[:1000],
            occurrence.detail,
            occurrence.severity,
            occurrence.cves,
            occurrence.package[:500],
            occurrence.installed_version[:200],
            occurrence.fixed_version[:300],
            min(occurrence.first_seen or seen, seen),
            seen,
            occurrence.suppressed,
            occurrence.credentialed,
        ),
    )


def _passed(passed: Passed, loading: Loading) -> Iterable[tuple[str, Row]]:
    row = (loading.asset(passed.asset), passed.source[:80], passed.rule[:300], passed.location[:1000])
    yield "staged_pass", row


def merge(cursor: CursorWrapper, loading: Loading) -> Counts:
    """Merge weaknesses, then findings, then close. Raises ConfirmationNeeded before any finding is written."""
    counts = weaknesses.merge(cursor, loading)
    findings.match(cursor, loading)
    closing.prepare(cursor, loading)
    counts += findings.write(cursor, loading)
    counts += closing.write(cursor, loading)
    cursor.execute("select exists (select from changed_weakness)")
    if cursor.fetchone()[0]:
        recompute_with(cursor, "o.weakness_id in (select id from changed_weakness)")
    return counts


register(Sink("vulnerabilities", 20, TABLES, {Weakness: _weakness, Occurrence: _occurrence, Passed: _passed}, merge))
