"""Priorities of many findings at once: the pure rule is asked once for each distinct set of circumstances.

`score_staged` gives findings that are being loaded their priority before they are written; `recompute` brings those on
record up to date after feeds, assets or weaknesses have changed.
"""

from __future__ import annotations

from typing import Any, Final

from django.apps import apps
from django.db import connection, transaction
from django.db.backends.utils import CursorWrapper

from remit.identify.vulnerabilities.models import PriorityLevel
from remit.identify.vulnerabilities.rules import SHORTEST_DAYS, Circumstances, prioritise
from remit.ingest.loading import Staging, gathered
from remit.kernel import actor

FACTS: Final = (
    "{o}.severity, cardinality(w.cves) > 0, w.cvss_score, w.cvss_version, w.cvss_vector, w.epss, "
    "w.kev_added is not null, w.ransomware, w.exploited_by_source, a.criticality, a.exposure, a.environment, "
    "a.data_classes"
)
"""The circumstances of a finding `{o}` of weakness `w` on asset `a`, in the order of `_NAMES`."""
_NAMES: Final = (
    "severity",
    "cve",
    "cvss_score",
    "cvss_version",
    "cvss_vector",
    "epss",
    "kev",
    "ransomware",
    "exploited_by_source",
    "criticality",
    "exposure",
    "environment",
    "data_classes",
)

DUE: Final = f"""
least(greatest({{seen}}::date, {{kev_added}}) + p.days,
  case when {{kev_due}} is not null
    then greatest({{kev_due}}, greatest({{seen}}::date, {{kev_added}}) + {SHORTEST_DAYS}) end)"""
"""`rules.due_on` in SQL, for a finding first seen at `{seen}`; `least` and `greatest` pass over null."""


_DUE_AGAIN: Final = DUE.format(seen="r.first_seen", kev_due="r.kev_due", kev_added="r.kev_added")


def asset_table() -> str:
    return str(apps.get_model("assets.Asset")._meta.db_table)


def score(cursor: CursorWrapper, table: str) -> None:
    """Make the temporary table `priority` (key, level, score, days) for all circumstances that occur in `table`.

    Its columns `severity`, `weakness_id` and `asset_id` say whose they are, `key` is the text of their row.
    """
    cursor.execute(
        f"select r.key, {FACTS.format(o='r')} "  # noqa: S608  (all of it is written in code)
        f"from (select distinct on (key) key, severity, weakness_id, asset_id from {table} order by key) r "
        f"join vulnerabilities_weakness w on w.id = r.weakness_id join {asset_table()} a on a.id = r.asset_id"
    )
    rows: list[tuple[str, int, float, int | None]] = []
    for key, *values in cursor.fetchall():
        found = prioritise(_circumstances(values))
        rows.append((key, int(PriorityLevel[found.level.upper()]), found.score, found.days))
    staging = Staging(cursor, {"priority": "key text, level smallint, score float8, days int"})
    staging.extend("priority", rows)
    staging.flush()


def _circumstances(values: list[Any]) -> Circumstances:
    known = dict(zip(_NAMES, values, strict=True))
    known["data_classes"] = tuple(known["data_classes"])
    return Circumstances(**known)


@transaction.atomic
def recompute(condition: str = "true", parameters: tuple[Any, ...] = (), *, reason: str = "priorities") -> int:
    """Bring level, score and due date of the findings that meet `condition` up to date; returns how many changed.

    `condition` is SQL over occurrence `o`, weakness `w` and asset `a`, written in code, never by a person. Verified and
    dismissed findings keep what they had. A due date that a person has set stays.
    """
    with actor.system(reason), connection.cursor() as cursor:
        return recompute_with(cursor, condition, parameters)


def recompute_with(cursor: CursorWrapper, condition: str, parameters: tuple[Any, ...] = ()) -> int:
    """As `recompute`, for callers who are the system already."""
    gathered(
        cursor,
        "reassessed",
        f"""
        select o.id, o.first_seen, w.kev_due, w.kev_added, o.severity, o.weakness_id, o.asset_id,
          row({FACTS.format(o="o")})::text as key
        from vulnerabilities_occurrence o
        join vulnerabilities_weakness w on w.id = o.weakness_id join {asset_table()} a on a.id = o.asset_id
        where o.state not in ('verified', 'false_positive') and ({condition})
        """,  # noqa: S608  (the condition is written in code)
        parameters,
    )
    score(cursor, "reassessed")
    cursor.execute(
        f"""
        update vulnerabilities_occurrence o set level = n.level, score = n.score, due_by_rule = n.due,
          due_on = case when o.due_on is not distinct from o.due_by_rule then n.due else o.due_on end,
          version = o.version + 1, updated_at = now()
        from (select r.id, p.level, p.score, {_DUE_AGAIN} as due
              from reassessed r join priority p on p.key = r.key) n
        where n.id = o.id and (o.level, o.score, o.due_by_rule) is distinct from (n.level, n.score, n.due)
        """  # noqa: S608  (all of it is written in code)
    )
    return int(cursor.rowcount)
