"""Assets and components out of reports: recognised, filled in, or made.

The database finds who shares an identifier with what was observed; which of them is meant, `rules.resolve` decides,
asset by asset in the report's order. Only assets in the units of the import are looked at, so that a file tells nobody
about assets beyond their reach. What a person entered is never overwritten: an import fills what is empty and adds
identifiers.
"""

from __future__ import annotations

from collections.abc import Iterable
from itertools import count
from typing import Any, Final

from django.db.backends.utils import CursorWrapper

from remit.identify.assets.known import NAMED, KnownAssets
from remit.identify.assets.rules import Identifiers, identifiers, propose_exposure
from remit.ingest.loading import Counts, Loading, Row, Sink, Staging, register
from remit.ingest.observations import Asset, Component

_PROVISIONAL: Final = 1 << 62
"""Numbers new assets from here until the sequence has given theirs: those on record come before them."""

TABLES: Final = {
    "staged_asset": (
        "n int primary key, kind text, name text, cloud_id text, agent_id text, serial text, fqdn text, "
        "addresses text[], operating_system text, exposure text, asset_id bigint, made bool"
    ),
    "staged_identifier": "n int, scheme text, value text",
    "staged_component": "n int, name text, version text, package text, kind text, licences text[]",
}


def _asset(asset: Asset, loading: Loading) -> Iterable[tuple[str, Row]]:
    n = loading.asset(asset.key)
    yield (
        "staged_asset",
        (
            n,
            asset.kind,
            asset.name[:255],
            asset.cloud_id[:500],
            asset.agent_id[:120],
            asset.serial[:120],
            asset.fqdn[:255],
            asset.addresses,
            asset.operating_system[:200],
            propose_exposure(asset.addresses),
        ),
    )
    for scheme, value in sorted(_observed(asset, loading.network).values):
        yield "staged_identifier", (n, scheme, value[:560])


def _observed(asset: Asset, network: str) -> Identifiers:
    """The identifiers of an observed asset; the name alone, within the network, where it has no other."""
    found = identifiers(
        asset.kind,
        cloud_id=asset.cloud_id,
        agent_id=asset.agent_id,
        serial=asset.serial,
        fqdn=asset.fqdn,
        addresses=asset.addresses,
        network=network,
    )
    if found.values:
        return found
    return Identifiers(asset.kind, frozenset({(NAMED, f"{asset.name.lower()}@{network}"[:560])}))


def _component(component: Component, loading: Loading) -> Iterable[tuple[str, Row]]:
    yield (
        "staged_component",
        (
            loading.asset(component.asset),
            component.name[:255],
            component.version[:100],
            component.package[:500],
            component.kind[:40],
            tuple(licence[:200] for licence in component.licences),
        ),
    )


def merge(cursor: CursorWrapper, loading: Loading) -> Counts:
    """Say in `staged_asset` which asset each observed one is; make, update and identify assets; merge components."""
    counts = Counts()
    counts["assets_new"] = _resolve(cursor, loading)
    names: dict[str, Any] = {
        "unit": loading.unit_id,
        "source": loading.tool[:40],
        "seen": loading.scanned_at or loading.now,
    }
    cursor.execute(_INSERT, names)
    cursor.execute(_UPDATE, names)
    cursor.execute(_IDENTIFY, names)
    cursor.execute(_COMPONENTS, names)
    cursor.execute("select count(*) from staged_component")
    counts["components_seen"] = cursor.fetchone()[0]
    return counts


def _resolve(cursor: CursorWrapper, loading: Loading) -> int:
    """Fill `asset_id` of every staged asset, a number from the sequence where it is new. Returns how many are new."""
    known = KnownAssets.sharing(cursor, loading.units)
    cursor.execute(
        "select a.n, a.kind, coalesce(array_agg(array[i.scheme, i.value]) filter (where i.n is not null), '{}') "
        "from staged_asset a left join staged_identifier i using (n) group by a.n, a.kind order by a.n"
    )
    answers: list[tuple[int, int, bool]] = []
    provisional = count(_PROVISIONAL)
    for n, kind, pairs in cursor.fetchall():
        observed = Identifiers(kind, frozenset((scheme, value) for scheme, value in pairs))
        found = known.resolve(observed)
        asset = next(provisional) if found is None else found
        known.add(asset, observed)
        answers.append((n, asset, found is None))
    new = sum(made for _, _, made in answers)
    cursor.execute("select nextval(pg_get_serial_sequence('assets_asset', 'id')) from generate_series(1, %s)", [new])
    numbers = dict(enumerate((row[0] for row in cursor.fetchall()), _PROVISIONAL))
    staging = Staging(cursor, {"resolved_asset": "n int primary key, asset_id bigint, made bool"})
    staging.extend("resolved_asset", ((n, numbers.get(asset, asset), made) for n, asset, made in answers))
    staging.flush()
    cursor.execute(
        "update staged_asset s set asset_id = r.asset_id, made = r.made from resolved_asset r where r.n = s.n"
    )
    cursor.execute("analyze staged_asset")
    return new


# What the first observation of a new asset says.
_INSERT: Final = """
insert into assets_asset (id, unit_id, name, kind_of, criticality, exposure, environment, data_classes,
  operating_system, description, fqdn, addresses, cloud_id, agent_id, serial, source, first_seen, last_seen, state)
select asset_id, %(unit)s, name, kind, 3, exposure, 'production', '{}', operating_system,
  '', fqdn, addresses, cloud_id, agent_id, serial, %(source)s, %(seen)s, %(seen)s, 'discovered'
from staged_asset where made order by n
"""

# Of several observations of one asset, the first that says something fills what is empty.
_UPDATE: Final = """
update assets_asset a set
  operating_system = coalesce(nullif(a.operating_system, ''), s.operating_system, ''),
  fqdn = coalesce(nullif(a.fqdn, ''), s.fqdn, ''),
  cloud_id = coalesce(nullif(a.cloud_id, ''), s.cloud_id, ''),
  agent_id = coalesce(nullif(a.agent_id, ''), s.agent_id, ''),
  serial = coalesce(nullif(a.serial, ''), s.serial, ''),
  addresses = case when a.addresses = '{}' then coalesce(s.addresses, '{}') else a.addresses end,
  first_seen = coalesce(a.first_seen, %(seen)s),
  last_seen = greatest(a.last_seen, %(seen)s),
  version = a.version + 1, updated_at = now()
from (
  select asset_id,
    (array_agg(operating_system order by n) filter (where operating_system <> ''))[1] as operating_system,
    (array_agg(fqdn order by n) filter (where fqdn <> ''))[1] as fqdn,
    (array_agg(cloud_id order by n) filter (where cloud_id <> ''))[1] as cloud_id,
    (array_agg(agent_id order by n) filter (where agent_id <> ''))[1] as agent_id,
    (array_agg(serial order by n) filter (where serial <> ''))[1] as serial,
    (array_agg(array_to_string(addresses, ' ') order by n) filter (where addresses <> '{}'))[1]::text as listed
  from staged_asset group by asset_id
) g
cross join lateral (
  select g.asset_id, g.operating_system, g.fqdn, g.cloud_id, g.agent_id, g.serial,
    string_to_array(g.listed, ' ') as addresses
) s
where a.id = s.asset_id and (
  a.last_seen is null or a.last_seen < %(seen)s
  or (a.operating_system = '' and s.operating_system is not null) or (a.fqdn = '' and s.fqdn is not null)
  or (a.cloud_id = '' and s.cloud_id is not null) or (a.agent_id = '' and s.agent_id is not null)
  or (a.serial = '' and s.serial is not null) or (a.addresses = '{}' and s.addresses is not null))
"""

_IDENTIFY: Final = """
insert into assets_identifier (asset_id, scheme, value, source)
select s.asset_id, i.scheme, i.value, %(source)s from staged_identifier i join staged_asset s using (n)
group by s.asset_id, i.scheme, i.value
on conflict (asset_id, scheme, value) do nothing
"""

# A component is told apart by its package URL, else by its name and version.
_COMPONENTS: Final = """
insert into assets_component as c (unit_id, owner_id, restricted, asset_id, name, installed, package, type, licences,
  fingerprint, last_seen)
select distinct on (fingerprint) a.unit_id, a.owner_id, a.restricted, a.id, s.name, s.version, s.package,
  s.kind, s.licences,
  sha256(convert_to(
    concat_ws(chr(31), a.id, coalesce(nullif(s.package, ''), s.name || chr(31) || s.version)), 'UTF8')) as fingerprint,
  %(seen)s
from staged_component s join staged_asset t using (n) join assets_asset a on a.id = t.asset_id
order by fingerprint
on conflict (fingerprint) do update set last_seen = excluded.last_seen, type = excluded.type,
  licences = case when excluded.licences = '{}' then c.licences else excluded.licences end,
  version = c.version + 1, updated_at = now()
where c.last_seen < excluded.last_seen or (c.licences is distinct from excluded.licences and excluded.licences <> '{}')
"""

register(Sink("assets", 10, TABLES, {Asset: _asset, Component: _component}, merge))
