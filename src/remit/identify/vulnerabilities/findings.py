"""Staged findings into the register: told apart, given their priority, written."""

from __future__ import annotations

from typing import Any, Final

from django.db.backends.utils import CursorWrapper

from remit.identify.vulnerabilities.priorities import DUE, FACTS, asset_table, score
from remit.ingest.loading import Counts, Loading, gathered
from remit.kernel import actor


def match(cursor: CursorWrapper, loading: Loading) -> None:
    """Make the temporary table `found`: every staged finding with its asset, weakness and fingerprint, and, where it is
    on record, its key; `priority` has the priorities of their circumstances."""
    gathered(cursor, "placed", _PLACED)
    gathered(cursor, "known", _KNOWN.format(assets=asset_table(), facts=FACTS.format(o="s")))
    gathered(cursor, "found", _FOUND)
    score(cursor, "found")


def write(cursor: CursorWrapper, loading: Loading) -> Counts:
    """Insert what is new, reopen what came back, update what changed."""
    said: dict[str, Any] = {"import": loading.import_id}
    counts = Counts()
    cursor.execute(_INSERT, said)
    counts["occurrences_new"] = cursor.rowcount
    cursor.execute("select count(occurrence_id) from found")
    counts["occurrences_seen"] = cursor.fetchone()[0]
    if not counts["occurrences_seen"]:
        return counts
    with actor.verb("reopen"):
        afresh = ", fixed_at = null, reason = ''"
        cursor.execute(_UPDATE.format(state="'reopened'", condition=_CAME_BACK, more=afresh), said)
    counts["occurrences_reopened"] = cursor.rowcount
    with actor.verb("dismiss"):
        set_aside = f", reason = {_SET_ASIDE}"
        cursor.execute(_UPDATE.format(state="'false_positive'", condition=_DISMISSED, more=set_aside), said)
    with actor.verb("import"):
        cursor.execute(_UPDATE.format(state="o.state", condition=_CHANGED, more=""), said)
        cursor.execute(_EARLIER)
    return counts


# Alike findings of two entries that are one asset are numbered on: none is merged into another.
_PLACED: Final = """
select s.*, t.asset_id,
  row_number() over (partition by t.asset_id, s.source, s.rule, s.location order by s.asset, s.n) - 1 as ordinal
from staged_occurrence s join staged_asset t on t.n = s.asset
"""

# In steps, so that the planner knows how much there is: guessing through all of them it takes thousands for one.
_KNOWN: Final = """
select s.*, w.id as weakness_id, w.kev_due, w.kev_added, a.unit_id, a.owner_id, a.restricted, row({facts})::text as key,
  sha256(convert_to(concat_ws(chr(31), s.asset_id, s.source, s.rule, s.location, s.ordinal), 'UTF8')) as fingerprint
from placed s
join vulnerabilities_weakness w on w.source = s.source and w.rule = s.rule
join {assets} a on a.id = s.asset_id
"""

_FOUND: Final = """
select k.*, o.id as occurrence_id, least(o.first_seen, k.first_seen) as since
from known k left join vulnerabilities_occurrence o on o.fingerprint = k.fingerprint
"""

_DUE: Final = DUE.format(seen="f.since", kev_due="f.kev_due", kev_added="f.kev_added")
"""From when it was first seen at all: being seen again does not put it off."""
_SET_ASIDE: Final = "format('Set aside by %%s: %%s', f.source, f.suppressed)"

_INSERT: Final = f"""
insert into vulnerabilities_occurrence (unit_id, owner_id, restricted, weakness_id, asset_id, location, ordinal,
  fingerprint, source, detail, severity, cves, package, installed_version, fixed_version, level, score, due_on,
  due_by_rule, first_seen, last_seen, first_import_id, last_import_id, credentialed, state, reason)
select f.unit_id, f.owner_id, f.restricted, f.weakness_id, f.asset_id, f.location, f.ordinal,
  f.fingerprint, f.source, f.detail, f.severity, f.cves, f.package, f.installed_version, f.fixed_version,
  p.level, p.score, {_DUE}, {_DUE}, f.first_seen, f.seen, %(import)s, %(import)s, f.credentialed,
  case when f.suppressed = '' then 'open' else 'false_positive' end,
  case when f.suppressed = '' then '' else {_SET_ASIDE} end
from found f join priority p on p.key = f.key
where f.occurrence_id is null
"""  # noqa: S608  (all of it is written here)

_CAME_BACK: Final = """
f.suppressed = '' and ((o.state in ('fixed', 'verified') and f.seen >= coalesce(o.fixed_at, o.last_seen))
  or (o.state = 'false_positive' and o.reason like 'Set aside by %%' and f.seen >= o.last_seen))"""
_DISMISSED: Final = "f.suppressed <> '' and o.state = 'open' and f.seen >= o.last_seen"
_CHANGED: Final = """
f.seen >= o.last_seen and o.state not in ('fixed', 'verified') and (f.seen > o.last_seen
  or (o.detail, o.severity, o.cves, o.package, o.installed_version, o.fixed_version, o.credentialed,
      o.level, o.score, o.due_by_rule)
    is distinct from (f.detail, f.severity, f.cves, f.package, f.installed_version, f.fixed_version, f.credentialed,
      n.level, n.score, n.due))"""

_UPDATE: Final = f"""
update vulnerabilities_occurrence o set state = {{state}}, detail = f.detail, severity = f.severity, cves = f.cves,
  package = f.package, installed_version = f.installed_version, fixed_version = f.fixed_version,
  credentialed = f.credentialed, last_seen = greatest(o.last_seen, f.seen), last_import_id = %(import)s,
  level = n.level, score = n.score, due_by_rule = n.due,
  due_on = case when o.due_on is not distinct from o.due_by_rule then n.due else o.due_on end,
  version = o.version + 1, updated_at = now(){{more}}
from found f join priority p on p.key = f.key
cross join lateral (select p.level, p.score, {_DUE} as due) n
where o.id = f.occurrence_id and ({{condition}})
"""  # noqa: S608  (all of it is written here)

# An older report tells how long it has been there, which moves when it is due, and nothing else.
_EARLIER: Final = f"""
update vulnerabilities_occurrence o set first_seen = f.first_seen, due_by_rule = n.due,
  due_on = case when o.due_on is not distinct from o.due_by_rule then n.due else o.due_on end,
  version = o.version + 1, updated_at = now()
from found f join priority p on p.key = f.key cross join lateral (select {_DUE} as due) n
where o.id = f.occurrence_id and f.first_seen < o.first_seen
"""  # noqa: S608  (all of it is written here)
