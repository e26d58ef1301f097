"""Which network addresses Remit may connect to on somebody's behalf: judged by the address itself, never by its name.

The ranges are those of the IANA special-purpose registries (RFC 6890) and of the mechanisms that carry an IPv4 address
within an IPv6 one, through which a forbidden address could be written as a harmless one.
"""

from __future__ import annotations

from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network, ip_address, ip_network

Network = IPv4Network | IPv6Network
LOOPBACK = IPv6Address("::1")

CARRIERS: tuple[tuple[Network, str], ...] = (
    (ip_network("::ffff:0:0/96"), "an IPv4 address written as IPv6 (RFC 4291)"),
    (ip_network("::ffff:0:0:0/96"), "an IPv4 address translated to IPv6 (RFC 2765)"),
    (ip_network("::/96"), "an IPv4 address written as IPv6 (RFC 4291)"),
    (ip_network("64:ff9b::/96"), "a NAT64 address (RFC 6052)"),
    (ip_network("64:ff9b:1::/48"), "a NAT64 address (RFC 8215)"),
    (ip_network("2002::/16"), "a 6to4 address (RFC 3056)"),
    (ip_network("2001::/32"), "a Teredo address (RFC 4380)"),
)
NEVER: tuple[tuple[Network, str], ...] = (
    (ip_network("0.0.0.0/8"), "an unspecified address"),
    (ip_network("169.254.0.0/16"), "a link-local address, where clouds keep their metadata"),
    (ip_network("fe80::/10"), "a link-local address"),
    (ip_network("fd00:ec2::/32"), "an address of cloud metadata"),
    (ip_network("fd20:ce::/32"), "an address of cloud metadata"),
    (ip_network("100.100.100.200/32"), "an address of cloud metadata"),
    (ip_network("192.0.0.192/32"), "an address of cloud metadata"),
    (ip_network("168.63.129.16/32"), "an address of cloud metadata"),
    (ip_network("192.88.99.0/24"), "an address of 6to4 relays (RFC 7526)"),
    (ip_network("3fff::/20"), "an address of documentation (RFC 9637)"),
    (ip_network("224.0.0.0/4"), "a multicast address"),
    (ip_network("ff00::/8"), "a multicast address"),
    (ip_network("240.0.0.0/4"), "a reserved address"),
)
"""Not even where private addresses are let in: nothing that Remit speaks to lives there."""
PRIVATE: tuple[tuple[Network, str], ...] = (
    (ip_network("127.0.0.0/8"), "a loopback address"),
    (ip_network("10.0.0.0/8"), "a private address (RFC 1918)"),
    (ip_network("172.16.0.0/12"), "a private address (RFC 1918)"),
    (ip_network("192.168.0.0/16"), "a private address (RFC 1918)"),
    (ip_network("100.64.0.0/10"), "an address behind a provider's NAT (RFC 6598)"),
    (ip_network("fc00::/7"), "a private address (RFC 4193)"),
    (ip_network("fec0::/10"), "a site-local address (RFC 3879)"),
)


def refusal(address: str, *, allow_private: bool = False) -> str:
    """Say why Remit must not connect to this address ("127.0.0.1", "::1%lo"), or return "".

    `allow_private` lets in loopback and private networks, for hosts that the operator has named.
    """
    try:
        known = ip_address(address.partition("%")[0])
    except ValueError:
        return "no network address"
    if known == LOOPBACK:  # within a carrier's range, and yet itself
        return "" if allow_private else "a loopback address"
    for network, what in (*NEVER, *CARRIERS):
        if known.version == network.version and known in network:
            return what
    for network, what in PRIVATE:
        if known.version == network.version and known in network:
            return "" if allow_private else what
    return "" if _global(known) else "not an address of the public internet (RFC 6890)"


def _global(known: IPv4Address | IPv6Address) -> bool:
    if isinstance(known, IPv6Address) and known not in IPv6Network("2000::/3"):
        return False  # the only part of IPv6 that is given out for use in public
    return known.is_global and not known.is_reserved
