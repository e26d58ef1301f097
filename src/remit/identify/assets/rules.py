"""When two sources speak of the same asset, and what an asset's facts suggest.

Identity is decided by the strongest identifier that both sides give; docs/identity-resolution.md explains the order to
its readers. This is the reference: the set-based resolution in the database must answer as `resolve` does.
"""

from __future__ import annotations

import ipaddress
from collections.abc import Collection, Iterable
from dataclasses import dataclass
from typing import Literal, NamedTuple

from remit.identify.assets.identifiers import MACHINES, is_uuid, normalise

__all__ = [
    "DATA_CLASSES",
    "EXPOSURES",
    "MACHINES",
    "SCHEMES",
    "DataClass",
    "Exposure",
    "Identifiers",
    "KnownAsset",
    "Match",
    "conflict",
    "identifiers",
    "normalise",
    "propose_criticality",
    "propose_exposure",
    "resolve",
]

SCHEMES = ("cloud_id", "agent_id", "serial", "fqdn", "address")
"""Strongest first. What a cloud or an agent was given lasts as long as the machine; a serial may be a placeholder; a
name can be passed on; an address is lent by the hour."""

Exposure = Literal["internet", "partner", "internal", "isolated"]
EXPOSURES: tuple[Exposure, ...] = ("internet", "partner", "internal", "isolated")
"""Most exposed first."""


class DataClass(NamedTuple):
    """A kind of data that an asset holds."""

    label: str
    sensitive: bool
    """Its loss hurts more than the asset's criticality says: it counts one step up in a finding's priority."""
    meaning: str


DATA_CLASSES: dict[str, DataClass] = {
    "public": DataClass("Public", False, "Meant for everyone."),
    "internal": DataClass("Internal", False, "For the organisation's own people."),
    "confidential": DataClass("Confidential", False, "For those who need it: contracts, plans, prices."),
    "personal": DataClass("Personal", True, "About people who can be identified (GDPR article 4(1))."),
    "special_category": DataClass(
        "Special category", True, "Belief, ethnicity, biometrics and the like (GDPR article 9)."
    ),
    "health": DataClass("Health", True, "About someone's health (GDPR article 4(15), HIPAA)."),
    "payment": DataClass("Payment", True, "Card numbers and what goes with them (PCI DSS)."),
    "financial": DataClass("Financial", True, "Accounts, results before publication."),
    "credentials": DataClass("Credentials", True, "Passwords, keys, tokens: what opens other doors."),
}
"""The vocabulary, by name."""


@dataclass(frozen=True, slots=True)
class Identifiers:
    """What one source says about an asset's identity, normalised: pairs of (scheme, value)."""

    kind: str
    values: frozenset[tuple[str, str]]

    def of(self, scheme: str) -> frozenset[str]:
        """The values of one scheme."""
        return frozenset(value for name, value in self.values if name == scheme)


@dataclass(frozen=True, slots=True)
class KnownAsset:
    """An asset on record, with the identifiers of all sources that have seen it."""

    id: int
    identifiers: Identifiers


class Match(NamedTuple):
    """The asset that an observation speaks of, and by which identifier that is known."""

    asset: int
    scheme: str
    value: str


def identifiers(
    kind: str,
    *,
    cloud_id: str = "",
    agent_id: str = "",
    serial: str = "",
    fqdn: str = "",
    addresses: Iterable[str] = (),
    network: str = "",
) -> Identifiers:
    """Normalised identifiers from raw ones; those that identify nothing ("localhost", "None") are left out.

    `network` names the site or virtual network to which private addresses belong; "" is one network for all.
    """
    raw = [("cloud_id", cloud_id), ("agent_id", agent_id), ("serial", serial), ("fqdn", fqdn)]
    raw += [("address", address) for address in addresses]
    pairs = ((scheme, normalise(scheme, value, kind=kind, network=network)) for scheme, value in raw)
    return Identifiers(kind, frozenset((scheme, value) for scheme, value in pairs if value))


def resolve(observed: Identifiers, known: Iterable[KnownAsset]) -> Match | None:
    """The known asset that `observed` is, or None for a new one.

    The first scheme of SCHEMES decides by which some asset shares a value without a `conflict` in a stronger scheme.
    Of several assets, the one sharing most identifiers is meant, then the one with the lowest id.
    """
    sharing = [asset for asset in known if not observed.values.isdisjoint(asset.identifiers.values)]
    for rank, scheme in enumerate(SCHEMES):
        mine = observed.of(scheme)
        candidates = [
            asset
            for asset in sharing
            if not mine.isdisjoint(asset.identifiers.of(scheme))
            and (rank < _SAME_KIND_FROM or _comparable(observed.kind, asset.identifiers.kind))
            and not any(conflict(stronger, observed, asset.identifiers) for stronger in SCHEMES[:rank])
        ]
        if candidates:
            best = min(candidates, key=lambda asset: (-len(observed.values & asset.identifiers.values), asset.id))
            return Match(best.id, scheme, min(mine & best.identifiers.of(scheme)))
    return None


_SAME_KIND_FROM = SCHEMES.index("fqdn")


def _comparable(kind: str, other: str) -> bool:
    """Names and addresses identify within a kind: an application is not the host of the same name."""
    return kind == other or (kind in MACHINES and other in MACHINES)


def conflict(scheme: str, one: Identifiers, other: Identifiers) -> bool:
    """Whether both have identifiers of this scheme that could agree, and none does.

    Agents of different tools number machines each in their own way, and a BIOS UUID is not a chassis serial: only
    what is alike is compared.
    """
    mine, theirs = one.of(scheme), other.of(scheme)
    if not mine.isdisjoint(theirs):
        return False
    return not {_family(scheme, value) for value in mine}.isdisjoint(_family(scheme, value) for value in theirs)


def _family(scheme: str, value: str) -> str:
    if scheme == "agent_id":
        return value.partition(":")[0]
    if scheme == "serial":
        return "uuid" if is_uuid(value) else "serial"
    return ""


def propose_exposure(addresses: Iterable[str]) -> Exposure:
    """ "internet" when an address is public, else "internal": a proposal for the owner to confirm.

    A public address may sit behind a firewall, and a private one behind a load balancer; texts that are not
    addresses are passed over.
    """
    for text in addresses:
        try:
            if ipaddress.ip_address(text.strip()).is_global:
                return "internet"
        except ValueError:
            continue
    return "internal"


def propose_criticality(environment: str, data_classes: Collection[str], dependants: int = 0) -> int:
    """1 to 5, a proposal for the owner to confirm: 3, one less outside production, one more for sensitive data, and
    one more when ten or more assets depend on it."""
    sensitive = any(name in DATA_CLASSES and DATA_CLASSES[name].sensitive for name in data_classes)
    outside = environment in {"development", "test", "staging", "sandbox"}
    return min(max(3 - outside + sensitive + (dependants >= 10), 1), 5)
