"""Where a request comes from, in words that a person knows their own browser by; plain functions but for one."""

from __future__ import annotations

from ipaddress import ip_address, ip_network

from django.conf import settings
from django.http import HttpRequest

BROWSERS = (
    ("Edg/", "Edge"),
    ("OPR/", "Opera"),
    ("SamsungBrowser/", "Samsung Internet"),
    ("Firefox/", "Firefox"),
    ("FxiOS/", "Firefox"),
    ("CriOS/", "Chrome"),
    ("Chrome/", "Chrome"),
    ("Safari/", "Safari"),
    ("curl/", "curl"),
    ("python", "Python"),
)
"""What stands in a user agent, and the name it means; the first that is found, since most say they are others too."""
SYSTEMS = (
    ("Windows", "Windows"),
    ("iPhone", "iPhone"),
    ("iPad", "iPad"),
    ("Android", "Android"),
    ("CrOS", "ChromeOS"),
    ("Macintosh", "macOS"),
    ("Linux", "Linux"),
)


def browser_words(user_agent: str) -> str:
    """Return "Firefox on Windows" for what a browser says of itself; it is a hint to people and proves nothing."""
    browser = next((name for mark, name in BROWSERS if mark in user_agent), "")
    system = next((name for mark, name in SYSTEMS if mark in user_agent), "")
    if not browser:
        return f"A browser on {system}" if system else "An unknown browser"
    return f"{browser} on {system}" if system else browser


def network_of(address: str) -> str:
    """Return the network of an address, which says where somebody was without following their machine."""
    try:
        found = ip_address(address)
    except ValueError:
        return "an unknown network"
    if found.is_loopback:
        return "this machine"
    mapped = getattr(found, "ipv4_mapped", None)
    if mapped is not None:
        return network_of(str(mapped))
    return str(ip_network(f"{found}/{24 if found.version == 4 else 48}", strict=False))


def address_of(request: HttpRequest) -> str:
    """Return the address of who calls: behind our own proxy with TLS, the last one that the proxy has seen."""
    if settings.BEHIND_TLS:
        forwarded = request.headers.get("X-Forwarded-For", "").rpartition(",")[2].strip()
        if forwarded:
            return forwarded[:60]
    return str(request.META.get("REMOTE_ADDR", ""))
