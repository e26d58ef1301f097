"""The numbers of the inventory; each docstring is the formula that its page shows."""

from datetime import UTC, datetime, time, timedelta

from remit.identify.assets.models import Asset
from remit.kernel.figures.registry import Scope, Value, figure

KINDS = ("assets.asset",)
IN_USE = ("active", "discovered", "retiring")


@figure("assets_in_use", "Assets in use", unit="assets", kinds=KINDS, group="identify", counts=True)
def assets_in_use(scope: Scope) -> Value:
    """Assets that are active, newly discovered or about to be retired."""
    return Value(
        None, scope.of(Asset).filter(state__in=IN_USE), list_query="state=active&state=discovered&state=retiring"
    )


@figure(
    "assets_without_owner",
    "Assets without an owner",
    unit="assets",
    better="lower",
    target=0,
    kinds=KINDS,
    group="identify",
    counts=True,
)
def assets_without_owner(scope: Scope) -> Value:
    """Assets in use that nobody answers for."""
    return Value(None, scope.of(Asset).filter(state__in=IN_USE, owner__isnull=True))


@figure(
    "assets_unconfirmed",
    "Blind spots",
    unit="assets",
    better="lower",
    target=0,
    kinds=KINDS,
    group="identify",
    counts=True,
)
def assets_unconfirmed(scope: Scope) -> Value:
    """Assets that a scanner found and nobody has confirmed: they were missing from the inventory."""
    return Value(None, scope.of(Asset).filter(state="discovered"), list_query="state=discovered")


@figure(
    "hosts_seen_lately", "Hosts scanned this week", unit="%", better="higher", target=95, kinds=KINDS, group="detect"
)
def hosts_seen_lately(scope: Scope) -> Value:
    """Hosts in use that a scanner saw in the last 8 days, as a share of all in use; its rows are those not seen."""
    hosts = scope.of(Asset).filter(kind_of="host", state__in=IN_USE)
    total = hosts.count()
    unseen = hosts.exclude(last_seen__gte=datetime.combine(scope.today - timedelta(days=7), time(), UTC))
    return Value(
        round(100 * (total - unseen.count()) / total, 1) if total else None,
        unseen,
        note=f"of {total:,} hosts" if total else "no hosts yet",
    )
