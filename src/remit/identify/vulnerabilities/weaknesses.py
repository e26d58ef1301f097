"""Weaknesses: one for each source and rule, in the topmost unit, seen by whoever sees one of its findings."""

from __future__ import annotations

from typing import Any, Final

from django.db.backends.utils import CursorWrapper

from remit.ingest.loading import Counts, Loading, temporary


def merge(cursor: CursorWrapper, loading: Loading) -> Counts:
    """Insert the staged weaknesses that are new; update those of which the report says something new, whose keys
    `changed_weakness` then holds.

    The newest report's texts win, an empty one never does; CVEs, CWEs and references are united.
    """
    said: dict[str, Any] = {"root": loading.root_id, "at": loading.scanned_at or loading.now}
    cursor.execute(_INSERT.format(facts=facts("staged_weakness", "s.source, s.rule")), said)
    new = cursor.rowcount
    temporary(cursor, "changed_weakness", "id bigint")
    cursor.execute("select count(*) from staged_weakness")
    if cursor.fetchone()[0] > new:
        cursor.execute(_UPDATE, said)
        refresh(cursor, "w.id in (select id from changed_weakness)")
    return Counts(weaknesses_new=new)


def facts(table: str, key: str) -> str:
    """A query: for each weakness `s` of `table`, by `key`, what the public feeds say of its CVEs, the worst of each."""
    return (
        f"select {key}, max(c.epss) as epss, min(c.kev_added) as kev_added, min(c.kev_due) as kev_due, "  # noqa: S608  (written in code)
        "bool_or(c.ransomware) as ransomware, "
        "(array_agg(c.cvss_version order by c.cvss_score desc nulls last))[1] as version, "
        "(array_agg(c.cvss_vector order by c.cvss_score desc nulls last))[1] as vector, max(c.cvss_score) as score "
        f"from {table} s cross join unnest(s.cves) as named(cve) join vulnerabilities_cve c on c.id = named.cve "
        f"group by {key}"
    )


def refresh(cursor: CursorWrapper, condition: str = "true") -> int:
    """Bring what the feeds say into the weaknesses `w` that meet `condition`; returns how many changed.

    Their keys are added to the temporary table `changed_weakness`.
    """
    cursor.execute(_REFRESH.format(facts=facts("vulnerabilities_weakness", "s.id"), condition=condition))
    return int(cursor.rowcount)


_INSERT: Final = """
insert into vulnerabilities_weakness (unit_id, source, rule, title, description, solution, severity, cves, cwes,
  cvss_version, cvss_vector, cvss_score, "references", exploited_by_source, published, described_at,
  epss, kev_added, kev_due, ransomware)
select %(root)s, s.source, s.rule, s.title, s.description, s.solution, s.severity, s.cves, s.cwes,
  case when s.cvss_score is null then coalesce(f.version, '') else s.cvss_version end,
  case when s.cvss_score is null then coalesce(f.vector, '') else s.cvss_vector end,
  coalesce(s.cvss_score, f.score), s.refs, s.exploited, s.published, %(at)s,
  f.epss, f.kev_added, f.kev_due, coalesce(f.ransomware, false)
from staged_weakness s left join ({facts}) f on f.source = s.source and f.rule = s.rule
where not exists (select from vulnerabilities_weakness w where w.source = s.source and w.rule = s.rule)
on conflict (source, rule) do nothing
"""

_UNITED: Final = "case when w.{0} @> s.{1} then w.{0} else array(select distinct unnest(w.{0} || s.{1}) order by 1) end"
_TAKEN: Final = {
    "title": "case when s.newer and s.title <> '' then s.title else w.title end",
    "description": (
        "case when s.description <> '' and (s.newer or w.description = '') then s.description else w.description end"
    ),
    "solution": "case when s.solution <> '' and (s.newer or w.solution = '') then s.solution else w.solution end",
    "severity": "case when s.newer then s.severity else w.severity end",
    "cves": _UNITED.format("cves", "cves"),
    "cwes": _UNITED.format("cwes", "cwes"),
    '"references"': _UNITED.format('"references"', "refs"),
    "cvss_version": "case when s.assessed then s.cvss_version else w.cvss_version end",
    "cvss_vector": "case when s.assessed then s.cvss_vector else w.cvss_vector end",
    "cvss_score": "case when s.assessed then s.cvss_score else w.cvss_score end",
    "exploited_by_source": "case when s.newer then s.exploited else w.exploited_by_source end",
    "published": "coalesce(w.published, s.published)",
}
"""What a known weakness `w` becomes by a report's `s`; one older than what described it fills what is missing."""

_UPDATE: Final = f"""
with said as (
  select w.id, {", ".join(f"{taken} as {name}" for name, taken in _TAKEN.items())}
  from vulnerabilities_weakness w
  join staged_weakness g on g.source = w.source and g.rule = w.rule
  cross join lateral (
    select g.*, coalesce(w.described_at <= %(at)s, true) as newer,
      g.cvss_score is not null and (w.cvss_score is null or coalesce(w.described_at <= %(at)s, true)) as assessed
  ) s
), changed as (
  update vulnerabilities_weakness w set {", ".join(f"{name} = said.{name}" for name in _TAKEN)},
    described_at = greatest(w.described_at, %(at)s), version = w.version + 1, updated_at = now()
  from said where said.id = w.id
    and ({", ".join(f"w.{name}" for name in _TAKEN)})
      is distinct from ({", ".join(f"said.{name}" for name in _TAKEN)})
  returning w.id
)
insert into changed_weakness select id from changed
"""  # noqa: S608  (all of it is written in code)

# A CVSS that no report gave is taken from the feeds; one that a report gave stays.
_REFRESH: Final = """
with changed as (
  update vulnerabilities_weakness w set epss = f.epss, kev_added = f.kev_added, kev_due = f.kev_due,
    ransomware = coalesce(f.ransomware, false),
    cvss_version = case when w.cvss_score is null then coalesce(f.version, '') else w.cvss_version end,
    cvss_vector = case when w.cvss_score is null then coalesce(f.vector, '') else w.cvss_vector end,
    cvss_score = coalesce(w.cvss_score, f.score),
    version = w.version + 1, updated_at = now()
  from ({facts}) f
  where f.id = w.id and ({condition}) and (
    (w.epss, w.kev_added, w.kev_due, w.ransomware)
      is distinct from (f.epss, f.kev_added, f.kev_due, coalesce(f.ransomware, false))
    or (w.cvss_score is null and f.score is not null))
  returning w.id
)
insert into changed_weakness select id from changed
"""
