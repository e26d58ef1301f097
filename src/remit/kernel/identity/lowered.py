"""What a token may do where: the standing of its account, lowered to the token's scope."""

from __future__ import annotations

from dataclasses import dataclass, replace

from remit.kernel.access.standing import Standing
from remit.kernel.identity.scope import Scope
from remit.kernel.records import Record


@dataclass(frozen=True)
class LoweredStanding(Standing):
    """A standing that offers no verb outside a scope, and never administers access."""

    scope: Scope

    def may(self, verb: str, kind: str, unit_id: int | None = None) -> bool:
        return self.scope.allows(verb, kind) and super().may(verb, kind, unit_id)

    def may_do(self, verb: str, record: Record) -> bool:
        return self.scope.allows(verb, record.kind()) and super().may_do(verb, record)

    def sees(self, kind: str) -> bool:
        return self.scope.allows("view", kind) and super().sees(kind)

    @property
    def reads_figures(self) -> bool:
        return self.scope.kinds is None and super().reads_figures

    @property
    def administers(self) -> bool:
        return False


def lowered(standing: Standing, scope: Scope) -> LoweredStanding:
    """Narrow a standing: roles hold in the scope's units only, other units are not named."""
    units = tuple(
        replace(unit, roles=unit.roles if scope.units is None or unit.id in scope.units else frozenset())
        for unit in standing.units
        if scope.units is None or unit.id in scope.units
    )
    return LoweredStanding(standing.user_id, units, scope)
