"""What is to be upgraded, and to which version: read from a finding's package, title and solution.

Scanners name the same upgrade in many ways ("OpenSSL < 3.0.7 Buffer Overflow", "Upgrade to OpenSSL 3.0.7 or later",
`pkg:deb/debian/openssl@3.0.5`); findings that one upgrade closes must come out with one key.
"""

from __future__ import annotations

import re
from functools import lru_cache
from typing import NamedTuple

from packageurl import PackageURL


class Fix(NamedTuple):
    """What one does about a finding; findings with the same key are closed by the same doing."""

    key: str
    verb: str
    """"Upgrade", "Replace" (no fixed version is known), or "" when `product` is a whole sentence of its own."""
    product: str
    version: str
    """The fixed version; "" where none is named."""


VersionKey = tuple[int, tuple[tuple[int, int, str], ...]]

_END = (1, 0, "")
_PRE_RELEASE = frozenset({"a", "alpha", "b", "beta", "dev", "m", "milestone", "pre", "preview", "rc", "snapshot", "~"})
_VERSION = r"v?\d+(?:\.\w+)*(?:[-+~:]\w[\w.]*)*"
_VERSION_PARTS = re.compile(r"\d+|[a-z]+|~")
_BELOW = re.compile(rf"^(?P<product>[^<]{{2,80}}?)\s*<=?\s*(?P<version>{_VERSION})")
_FURTHER = re.compile(rf"<=?\s*({_VERSION})")
_SEPARATOR = re.compile(r"[\s,/]+(?:or\s+)?")
_LISTED = re.compile(rf"{_VERSION}(?:{_SEPARATOR.pattern}{_VERSION})*")
_ADVICE = re.compile(
    r"\b(?:upgrade|update)\s+(?:to\s+)?(?:the\s+)?(?!(?:to|version|release|at)\b)"
    r"(?P<product>[A-Za-z][\w .+/@()-]{1,60}?)"
    rf"\s+(?:to\s+)?(?:version\s+|release\s+|at least\s+)?(?P<version>{_VERSION})(?=[\s,./;)]|$)",
    re.IGNORECASE,
)
_ANY_SUPPORTED = re.compile(
    r"\b(?:upgrade|update)\s+to\s+a\s+version\s+of\s+(?P<product>[A-Za-z][\w .+/-]{1,60}?)\s+that\s+is\b", re.IGNORECASE
)
_BULLETIN = re.compile(
    r"^(?:Ubuntu|Debian|RHEL|Red Hat|CentOS|Oracle Linux|Amazon Linux|AlmaLinux|Rocky Linux|SUSE|Fedora|openSUSE)"
    r"[^:]{0,60}?\s:\s(?P<product>[\w.+ -]{1,60}?)(?=\s*(?:\(|,|/|$|\s-\s|vulnerabilit|regression|security))",
)
_KNOWLEDGE_BASE = re.compile(r"\bKB(\d{6,8})\b")
_RANGE_BEFORE = re.compile(r"(?:\s+v?\d+(?:\.(?:\d+|x|\*))*(?:\s*(?:/|and|to|-)\s*)?)+\s*$")
_LEADING = re.compile(
    r"^(?:(?:an?|the|any|supported|patched|fixed|latest|later|newer|version|release|of)\s+)+", re.IGNORECASE
)
_FILLER = re.compile(r"\b(?:version|versions|release|the latest|latest|server is|prior to)\s*$", re.IGNORECASE)
_IMPERATIVES = re.compile(
    r"(?:add|allow|apply|block|change|close|configure|delete|deny|disable|enable|encrypt|enforce|ensure|install|limit"
    r"|move|patch|protect|purchase|reconfigure|remove|rename|replace|require|restrict|revoke|rotate|set|stop|turn"
    r"|uninstall|update|upgrade|use)\s+\S+\s+\S",
    re.IGNORECASE,
)
_NO_PRODUCT = re.compile(r"(?:upgrade|update)\s+(?:to\s+)?(?:version\s+|release\s+|at least\s+)?v?\d", re.IGNORECASE)
_POINTING = re.compile(r"\b(?:affected|it|that|them|these|this|those)\b", re.IGNORECASE)
_RESTARTS = re.compile(
    r"kernel|windows|glibc|libc6|openssl|libssl|systemd|esxi|vmware|firmware|bios|hypervisor|\bios\b|junos|pan-os|fortios",
    re.IGNORECASE,
)


def version_key(version: str) -> VersionKey:
    """A key that sorts versions as people mean them: 9.7p1 < 9.8p1 < 9.10, 3.0.0-rc1 < 3.0.0 < 3.0.0a < 3.0.0.1.

    Understands Debian and RPM epochs ("1:2.3"). Never raises.
    """
    text = version.strip().lower().removeprefix("v")
    epoch, colon, rest = text.partition(":")
    has_epoch = bool(colon) and epoch.isdecimal() and len(epoch) < 10
    parts = _VERSION_PARTS.findall(rest if has_epoch else text)
    return int(epoch) if has_epoch else 0, (*(_part(part) for part in parts), _END)


def _part(part: str) -> tuple[int, int, str]:
    if part.isdigit():
        return 3, int(part[:18]), ""
    return (0 if part in _PRE_RELEASE else 2), 0, part


def highest(versions: list[str]) -> str:
    """The version that supersedes the others; "" where none is given."""
    return max((version for version in versions if version), key=lambda each: (version_key(each), each), default="")


def needs_restart(product: str) -> bool:
    """Whether an upgrade of this product usually takes a restart of the machine or of all that runs on it."""
    return _RESTARTS.search(product) is not None


@lru_cache(maxsize=65536)
def fix_of(weakness: str, title: str, solution: str, package: str, fixed_version: str) -> Fix:
    """What to do about a finding. In this order: its package, a Windows update, product and version in the title,
    the same in the solution, a distribution's bulletin, and else the weakness itself. Never raises."""
    version = highest(re.split(r"[,;|\s]+", fixed_version))
    if package:
        return _package_fix(package, version)
    return _titled_fix(title, solution, version) or Fix(f"weakness:{weakness}", "", _sentence(title, solution), version)


def _package_fix(package: str, version: str) -> Fix:
    ecosystem, name = _package_name(package)
    verb = "Upgrade" if version else "Replace"
    return Fix(f"{verb.lower()}:{ecosystem}:{name.lower()}", verb, name, version)


def _package_name(package: str) -> tuple[str, str]:
    """Ecosystem and name: of a package URL, or of a plain name as apt and rpm write it ("openssl:amd64")."""
    if package.startswith("pkg:"):
        try:
            url = PackageURL.from_string(package)
        except ValueError:
            return "", package
        scoped = bool(url.namespace) and url.type in {"npm", "golang", "composer", "github"}
        return url.type, f"{url.namespace}/{url.name}" if scoped else url.name
    name = package.split("@", 1)[0] if not package.startswith("@") else "@" + package[1:].split("@", 1)[0]
    return "", re.sub(r"(?::|\.)(?:amd64|arm64|i386|i686|x86_64|aarch64|noarch|all)$", "", name).strip() or package


def _titled_fix(title: str, solution: str, version: str) -> Fix | None:
    text = f"{title}\n{solution}"
    if (update := _KNOWLEDGE_BASE.search(text)) and "windows" in text.lower():
        return _upgrade("Windows", [f"KB{update[1]}"])
    advised = _advised(solution, version)
    if found := _BELOW.search(title):
        fix = _upgrade(found["product"], [version, *_FURTHER.findall(title)])
        same = fix and advised and fix.key == advised.key
        return fix._replace(version=highest([fix.version, advised.version])) if fix and advised and same else fix
    if advised:
        return advised
    found = _BULLETIN.search(title)
    return _upgrade(found["product"], [version]) if found else None


def _advised(solution: str, version: str) -> Fix | None:
    """The upgrade that a solution asks for; of several versions, one for each branch, the highest."""
    if found := _ADVICE.search(solution[:2000]):
        listed = _LISTED.match(solution, found.start("version"))
        return _upgrade(found["product"], [version, *_SEPARATOR.split(listed[0] if listed else "")])
    found = _ANY_SUPPORTED.search(solution[:2000])
    return _upgrade(found["product"], [version]) if found else None


def _upgrade(product: str, versions: list[str]) -> Fix | None:
    name = _FILLER.sub("", _RANGE_BEFORE.sub("", _LEADING.sub("", product.strip()))).strip(" -:,")
    if len(name) < 2:
        return None
    return Fix(f"upgrade::{name.lower()}", "Upgrade", name, highest(versions))


def _sentence(title: str, solution: str) -> str:
    """What to do in one line: the solution's first sentence when it is short and an order, else the title."""
    first = re.split(r"(?<=[a-z)])\.(?:\s|$)|\n", solution.strip(), maxsplit=1)[0].strip(" .")
    if len(first) <= 80 and _IMPERATIVES.match(first):
        return (
            f"{title.strip()}: {first[0].lower()}{first[1:]}"
            if _POINTING.search(first) or _NO_PRODUCT.match(first)
            else first
        )
    return f"Resolve “{title.strip()}”" if title.strip() else "Resolve an unnamed weakness"
