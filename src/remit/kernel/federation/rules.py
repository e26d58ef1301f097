"""Whom an identity provider may speak for, and what may be done by SCIM: plain functions over plain values."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable, Mapping
from typing import Any

from remit.kernel.access.roles import ROLES

DOMAIN = re.compile(r"(?=.{1,253}\Z)([a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?\.)+[a-z][a-z0-9-]{0,61}[a-z0-9]")
ADMINISTERING = frozenset(role.name for role in ROLES.values() if role.administers)
PRIVILEGED = frozenset(role.name for role in ROLES.values() if role.privileged)
ANSWER_SECONDS = 3600
"""How long after a request for sign-in its answer is taken; an assertion used before that cannot be used again."""
SECOND_FACTORS = frozenset({"mfa", "otp", "hwk", "fpt", "face", "sc", "swk", "pop"})
"""Values of `amr` that stand for something that one has or is (RFC 8176 section 2)."""


def domain_of(mail: str) -> str:
    """Return the domain of a mail address in lower case, or "" if it has none."""
    return mail.strip().lower().rpartition("@")[2] if "@" in mail else ""


def domains_in(text: str) -> list[str]:
    """Return the mail domains written in a text, apart by commas or spaces. ValueError names the first that is none."""
    found = []
    for word in re.split(r"[\s,;]+", text.strip().lower()):
        name = word.lstrip("@")
        if not name:
            continue
        if not DOMAIN.fullmatch(name):
            raise ValueError(f"{word[:80]} is no mail domain. Write it like example.com.")
        found.append(name)
    return list(dict.fromkeys(found))


def match_refusal(
    *, mail: str, is_verified: bool, domains: Collection[str], is_known: bool, is_linked_elsewhere: bool
) -> str:
    """Say in one word why a first sign-in does not match a person by mail address, or return "".

    The words are for the log: "no-mail", "unverified", "domain", "unknown", "linked". A stranger is told the same for
    each. A mail address that passed to somebody else does not give them the account of who had it ("linked").
    """
    if not mail:
        return "no-mail"
    if not is_verified:
        return "unverified"
    if domain_of(mail) not in domains:
        return "domain"
    if not is_known:
        return "unknown"
    return "linked" if is_linked_elsewhere else ""


def has_second_factor(claims: Mapping[str, Any], accepted: Collection[str]) -> bool:
    """Say whether an ID token says that a second factor was used.

    `amr` (RFC 8176) or `acr` (OpenID Connect Core section 2) holds one of `accepted`; where none is named, `amr` holds
    "mfa", or a password beside something that one has or is.
    """
    amr = claims.get("amr")
    said = {str(value) for value in amr} if isinstance(amr, list) else set()
    if accepted:
        return bool(said & set(accepted)) or claims.get("acr") in accepted
    return "mfa" in said or ("pwd" in said and bool(said & SECOND_FACTORS))


def group_refusal(roles: Iterable[str], may_hold_privilege: bool) -> str:
    """Say why SCIM may not add somebody to a group that is granted these roles, or return ""."""
    held = frozenset(roles)
    if held & ADMINISTERING:
        return "This group administers access. Its members are chosen in Remit."
    if held & PRIVILEGED and not may_hold_privilege:
        return "This group holds a privileged role. An administrator of Remit must let SCIM manage it first."
    return ""


def shown_name(display: str, formatted: str, given: str, family: str, mail: str) -> str:
    """Return the name that people see, of those that a provider gave."""
    return display or formatted or f"{given} {family}".strip() or mail.partition("@")[0]
