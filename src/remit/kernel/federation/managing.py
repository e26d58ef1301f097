"""Adding, changing and testing identity providers and SCIM connections.

A provider may sign in as anybody of its domains, so only who may give every role over everything adds or changes one;
other administrators of the topmost unit look and test. The database holds to the same (`access.sql`).
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import Any

from django.db import transaction
from django.utils.text import slugify

from remit.kernel import actor
from remit.kernel.access.models import Group, Unit, User
from remit.kernel.access.standing import Standing
from remit.kernel.federation import fetching, saml, tokens
from remit.kernel.federation.fetching import FetchFailedError, url_refusal
from remit.kernel.federation.models import IdentityProvider, ScimConnection, ScimGroup
from remit.kernel.federation.oidc import PURPOSE
from remit.kernel.federation.rules import ADMINISTERING
from remit.kernel.sealing import seal

HEAD = "head_of_security"


class FederationRefusedError(Exception):
    """A provider or connection that cannot be kept so; the text says why and what to do."""


def may_look(standing: Standing) -> bool:
    """Say whether somebody administers the topmost unit, and with it sees providers and connections."""
    return any(unit.parent_id is None and unit.roles & ADMINISTERING for unit in standing.units)


def may_manage(standing: Standing) -> bool:
    """Say whether somebody may give every role over everything, and with it add and change providers."""
    return any(unit.parent_id is None and HEAD in unit.roles for unit in standing.units)


@transaction.atomic
def save_provider(
    row: IdentityProvider | None,
    *,
    issuer: str,
    client_id: str,
    secret: str,
    factors: Iterable[str] = (),
    **common: Any,
) -> IdentityProvider:
    """Add an OpenID provider, or change one: its issuer never, and its secret only where a new one is given.

    `common` is what `_kept` takes. FederationRefusedError.
    """
    if refusal := url_refusal(issuer):
        raise FederationRefusedError(refusal)
    if row is not None and row.settings.get("issuer") != issuer:
        raise FederationRefusedError("The issuer never changes, since people are known by it. Add another provider.")
    row = row or IdentityProvider(kind=IdentityProvider.Kind.OIDC)
    row.settings = {"issuer": issuer, "client_id": client_id, "factors": sorted(factors)}
    if secret:
        row.sealed_secret = seal(secret, PURPOSE)
    return _kept(row, **common)


@transaction.atomic
def save_saml(
    row: IdentityProvider | None, *, metadata_url: str, mail: str = "", factors: Iterable[str] = (), **common: Any
) -> IdentityProvider:
    """Add a SAML provider by its metadata, or change one and read its metadata again. FederationRefusedError."""
    try:
        found = _metadata(metadata_url)
    except (FetchFailedError, saml.SamlRefusedError) as error:
        raise FederationRefusedError(str(error)) from None
    if row is not None and row.settings.get("entity_id") != found["entity_id"]:
        raise FederationRefusedError("The provider never changes, since people are known by it. Add another one.")
    row = row or IdentityProvider(kind=IdentityProvider.Kind.SAML)
    row.settings = {**found, "metadata_url": metadata_url, "mail": mail or "email", "factors": sorted(factors)}
    return _kept(row, vouches_for_mail=True, **common)


def _kept(
    row: IdentityProvider,
    *,
    name: str,
    domains: list[str],
    vouches_for_mail: bool = False,
    is_second_factor: bool = False,
    is_required: bool = False,
    exceptions: Iterable[User] = (),
) -> IdentityProvider:
    exceptions = list(exceptions)
    if not domains:
        raise FederationRefusedError("Name at least one mail domain whose people it speaks for.")
    if is_required and not any(person.is_active and person.has_usable_password() for person in exceptions):
        raise FederationRefusedError(
            "Name somebody with a password who may still sign in by it, for the day the provider does not answer."
        )
    if row.pk is None:
        row.slug, row.unit = _slug(name), Unit.objects.get(parent=None)
    row.name, row.domains = name, domains
    row.vouches_for_mail, row.is_second_factor, row.is_required = vouches_for_mail, is_second_factor, is_required
    row.save()
    row.exceptions.set(exceptions)
    return row


def _metadata(url: str) -> dict[str, Any]:
    if refusal := saml.missing() or url_refusal(url):
        raise FetchFailedError(refusal)
    return saml.described(fetching.read(url))


@transaction.atomic
def switch_provider(row: IdentityProvider, active: bool) -> None:
    """Let a provider sign people in, or no longer; sessions that began by it go on."""
    row.is_active = active
    with actor.verb("enable" if active else "disable"):
        row.save(update_fields=["is_active"])


def tested(row: IdentityProvider) -> tuple[bool, str]:
    """Ask a provider what it is, and say in one sentence whether people could sign in by it, or why not."""
    if row.kind == IdentityProvider.Kind.SAML:
        return _tested_saml(row)
    try:
        config = tokens.discovered(row.settings["issuer"], fresh=True)
        keys = tokens.signing_keys(config)
    except (FetchFailedError, tokens.TokenRefusedError) as error:
        return False, str(error)
    if "S256" not in config.get("code_challenge_methods_supported", ["S256"]):
        return False, "The provider does not offer PKCE with S256. Switch it on there."
    many = "1 key" if len(keys) == 1 else f"{len(keys)} keys"
    return True, f"{row.name} answers as the issuer that was configured, and signs with {many}."


def _tested_saml(row: IdentityProvider) -> tuple[bool, str]:
    try:
        found = _metadata(row.settings["metadata_url"])
    except (FetchFailedError, saml.SamlRefusedError) as error:
        return False, str(error)
    if any(row.settings[name] != value for name, value in found.items()):
        return False, "Its metadata changed: another certificate or address. Save the provider again to take it over."
    return True, f"{row.name} describes itself as it was configured."


@transaction.atomic
def add_connection(name: str, domains: list[str]) -> ScimConnection:
    """Add a SCIM connection, still without a token."""
    if not domains:
        raise FederationRefusedError("Name at least one mail domain whose people it may provision.")
    if ScimConnection.objects.filter(name__iexact=name).exists():
        raise FederationRefusedError("Another connection has this name. Choose a different one.")
    return ScimConnection.objects.create(name=name, domains=domains)


@transaction.atomic
def give_group(connection: ScimConnection, group: Group, may_hold_privilege: bool) -> ScimGroup:
    """Let a connection manage a group, also (where so said) while it holds a privileged role."""
    kept = ScimGroup.objects.filter(group=group).first()
    if kept is not None and kept.connection_id != connection.pk:
        raise FederationRefusedError(f"{group} is managed by {kept.connection} already.")
    kept = kept or ScimGroup(connection=connection, group=group)
    kept.may_hold_privilege, kept.is_gone = may_hold_privilege, False
    with actor.verb("give to SCIM"):
        kept.save()
    return kept


def people_named(text: str) -> list[User]:
    """Return the people with these mail addresses; FederationRefusedError names the first who is not there."""
    wanted = list(dict.fromkeys(re.split(r"[\s,;]+", text.strip().lower()))) if text.strip() else []
    known = {person.email.lower(): person for person in User.objects.filter(email__in=wanted, is_active=True)}
    for mail in wanted:
        if mail not in known:
            raise FederationRefusedError(f"There is nobody with the address {mail[:80]} who may sign in.")
    return [known[mail] for mail in wanted]


def _slug(name: str) -> str:
    stem = slugify(name)[:30] or "provider"
    taken = set(IdentityProvider.objects.filter(slug__startswith=stem).values_list("slug", flat=True))
    number, slug = 1, stem
    while slug in taken:
        number += 1
        slug = f"{stem}-{number}"
    return slug


def said(row: IdentityProvider) -> dict[str, Any]:
    """Return what a form shows of a provider; never its secret."""
    return {
        "name": row.name,
        "issuer": row.settings.get("issuer", ""),
        "client_id": row.settings.get("client_id", ""),
        "metadata_url": row.settings.get("metadata_url", ""),
        "mail": row.settings.get("mail", ""),
        "domains": ", ".join(row.domains),
        "vouches_for_mail": row.vouches_for_mail,
        "is_second_factor": row.is_second_factor,
        "factors": ", ".join(row.settings.get("factors", [])),
        "is_required": row.is_required,
        "exceptions": ", ".join(row.exceptions.values_list("email", flat=True)),
    }
