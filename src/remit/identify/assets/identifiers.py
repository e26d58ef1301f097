"""Identifiers in one form, whichever source wrote them; what identifies nothing becomes ""."""

from __future__ import annotations

import ipaddress
import re
from collections.abc import Callable

MACHINES = frozenset({"host", "cloud_resource"})
"""Kinds that have a domain name and addresses of their own."""

_UUID = re.compile(r"\{?([0-9a-f]{8})-?([0-9a-f]{4})-?([0-9a-f]{4})-?([0-9a-f]{4})-?([0-9a-f]{12})\}?", re.IGNORECASE)
_VMWARE = re.compile(r"VMware-((?:[0-9a-f]{2}[ -]?){16})", re.IGNORECASE)
_EC2_INSTANCE = re.compile(r"arn:aws[\w-]*:ec2:[^:]*:[^:]*:instance/(i-[0-9a-f]+)", re.IGNORECASE)
_GOOGLE_URL = re.compile(r"https://(?:www\.googleapis\.com/(\w+)|(\w+)\.googleapis\.com(?:/\w+)?)/v\w+/(projects/.+)")
_LABEL = re.compile(r"[a-z0-9_](?:[a-z0-9_-]{0,61}[a-z0-9_])?")
_NAMED_AFTER_ADDRESS = re.compile(r"(?:ip|ec2|host|dhcp)-\d{1,3}-\d{1,3}-\d{1,3}-\d{1,3}\.")

_PLACEHOLDERS = frozenset(
    {
        "asset tag",
        "chassis serial number",
        "default string",
        "empty",
        "invalid",
        "n/a",
        "na",
        "no asset information",
        "none",
        "not applicable",
        "not available",
        "not specified",
        "null",
        "o.e.m.",
        "oem",
        "serial",
        "serial number",
        "system serial number",
        "to be filled by o.e.m.",
        "to be filled by oem",
        "unknown",
        "unspecified",
        # UUIDs that mainboard makers ship by the thousand
        "03000200-0400-0500-0006-000700080009",
        "12345678-1234-5678-90ab-cddeefaabbcc",
        "fefefefe-fefe-fefe-fefe-fefefefefefe",
    }
)
_EVERYWHERE = frozenset({"10.0.2.15", "172.17.0.1", "192.168.122.1"})  # VirtualBox NAT, Docker's and libvirt's bridges


def normalise(scheme: str, value: str, *, kind: str = "host", network: str = "") -> str:
    """The value by which two sources can be compared, "" when it identifies nothing.

    `scheme` is one of `rules.SCHEMES`, else ValueError. `kind` tells a machine's domain name from the stable name of
    an image, a repository or an application; `network` goes with private addresses ("10.0.0.5@plant-2").
    """
    text = value.strip()
    if scheme == "fqdn":
        return _fqdn(text) if kind in MACHINES else _stable_name(text)
    if scheme == "address":
        return _address(text, network.strip().lower()) if kind in MACHINES else ""
    if scheme not in _NORMALISERS:
        raise ValueError(f"unknown identifier scheme {scheme!r}: use one of remit.identify.assets.rules.SCHEMES")
    return _NORMALISERS[scheme](text)


def is_uuid(value: str) -> bool:
    return _UUID.fullmatch(value) is not None


def _cloud_id(text: str) -> str:
    """EC2 instances by their globally unique id; ARNs as they are (case matters); Azure lower case (it does not)."""
    if found := _EC2_INSTANCE.fullmatch(text):
        return found[1].lower()
    if found := _GOOGLE_URL.fullmatch(text):
        return f"//{found[1] or found[2]}.googleapis.com/{found[3]}"
    if text.lower().startswith("/subscriptions/"):
        return text.lower().rstrip("/")
    return "" if text.lower() in _PLACEHOLDERS else text


def _agent_id(text: str) -> str:
    """ "tool:value" in lower case, a UUID in its usual form; no value and the all-zero one identify nothing."""
    tool, _, value = text.lower().rpartition(":")
    value = value.strip()
    if found := _UUID.fullmatch(value):
        value = "-".join(found.groups())
    if not value.strip("0-") or value in _PLACEHOLDERS:
        return ""
    return f"{tool.strip()}:{value}"


def _serial(text: str) -> str:
    """Lower case; a UUID, also as VMware writes it in the serial number, with hyphens; no placeholder."""
    if found := _VMWARE.fullmatch(text):
        text = re.sub(r"[ -]", "", found[1])
    if found := _UUID.fullmatch(text):
        text = "-".join(found.groups())
    text = " ".join(text.lower().split())
    bare = re.sub(r"[\W_]", "", text)
    return "" if text in _PLACEHOLDERS or len(set(bare)) < 2 or bare == "0123456789" else text


def _fqdn(text: str) -> str:
    """A domain name of two labels or more. A single label ("web01") is not unique beyond its own network; names made
    from an address and mDNS names ("laptop.local") pass from machine to machine."""
    name = text.lower().rstrip(".")
    labels = name.split(".")
    if len(labels) < 2 or len(name) > 253 or not all(_LABEL.fullmatch(label) for label in labels):
        return ""
    if labels[-1].isdigit() or labels[0] == "localhost" or labels[-1] in {"localdomain", "localhost", "arpa"}:
        return ""
    if _NAMED_AFTER_ADDRESS.match(name) or (labels[-1] == "local" and len(labels) == 2):
        return ""
    return name


def _stable_name(text: str) -> str:
    """An image without its digest, a repository without scheme and ".git", an application's name: lower case."""
    name = text.lower().partition("@sha256:")[0]
    name = re.sub(r"^(?:(?:https?|ssh|git)://)(?:[^/@]*@)?", "", name).rstrip("/").removesuffix(".git")
    return "" if name in _PLACEHOLDERS or name in {"localhost", "."} else name


def _address(text: str, network: str) -> str:
    """Canonical; public addresses stand alone, private ones go with their network."""
    try:
        address = ipaddress.ip_address(text.partition("%")[0])
    except ValueError:
        return ""
    if isinstance(address, ipaddress.IPv6Address) and address.ipv4_mapped:
        address = address.ipv4_mapped
    if address.is_loopback or address.is_link_local or address.is_multicast or address.is_unspecified:
        return ""
    if str(address) in _EVERYWHERE:
        return ""
    return str(address) if address.is_global or not network else f"{address}@{network}"


_NORMALISERS: dict[str, Callable[[str], str]] = {"cloud_id": _cloud_id, "agent_id": _agent_id, "serial": _serial}
