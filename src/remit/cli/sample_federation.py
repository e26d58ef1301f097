"""How people sign in at the sample organisation: a provider still being prepared, and a directory that speaks SCIM."""

from __future__ import annotations

from collections.abc import Iterable

from remit.kernel.access.models import Group, User
from remit.kernel.federation.managing import add_connection, give_group, save_provider, switch_provider
from remit.kernel.federation.models import ScimPerson
from remit.kernel.federation.scim.credentials import new_token
from remit.kernel.federation.scim.people import administering

DOMAIN = "halvern.example"


def federate(people: Iterable[User]) -> None:
    """Add a provider, a connection, the people that it keeps in step, and a group that it was given."""
    provider = save_provider(
        None, name="Halvern ID", issuer=f"https://id.{DOMAIN}", client_id="remit", secret="", domains=[DOMAIN],
        is_second_factor=True,
    )  # fmt: skip
    switch_provider(provider, active=False)
    connection = add_connection("Halvern directory", [DOMAIN])
    new_token(connection)
    people = [person for person in people if person.email.endswith(f"@{DOMAIN}")]
    barred = administering(person.pk for person in people)
    kept = [person for person in people if person.pk not in barred]
    ScimPerson.objects.bulk_create(
        [ScimPerson(connection=connection, user=person, display_name=person.name) for person in kept]
    )
    owners = Group.objects.create(name="Asset owners")
    owners.members.set(kept[:8])
    give_group(connection, owners, may_hold_privilege=False)
