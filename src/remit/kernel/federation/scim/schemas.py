"""What the SCIM server offers: which attributes of people and groups, and what it can do (RFC 7643 sections 4 to 7).

Only what Remit keeps is declared; what else a provider sends (telephones, an enterprise extension) is left aside.
"""

from __future__ import annotations

from typing import Annotated, Any, ClassVar

import scim2_models as scim
from pydantic import Field
from scim2_models import CaseExact, ComplexAttribute, Mutability, Required, Resource, ScimPolicy, Uniqueness

LARGEST_PAGE = 200


class Name(ComplexAttribute):
    """The parts of a person's name."""

    formatted: str | None = None
    family_name: str | None = None
    given_name: str | None = None


class User(Resource[Any]):
    """A person. `userName` is their mail address, by which they also sign in."""

    __schema__ = scim.URN("urn:ietf:params:scim:schemas:core:2.0:User")

    user_name: Annotated[str | None, Uniqueness.server, Required.true, CaseExact.false] = None
    name: Name | None = None
    display_name: str | None = None
    title: str | None = None
    active: Annotated[bool | None, Required.true] = None
    """Required, since nobody is neither; `assumed` stands in for a provider that leaves it out."""
    groups: Annotated[list[scim.GroupMembership] | None, Mutability.read_only] = None

    Name: ClassVar[type[ComplexAttribute]] = Name
    Groups: ClassVar[type[ComplexAttribute]] = scim.GroupMembership


class Member(ComplexAttribute):
    """Somebody in a group, by their `id`."""

    value: Annotated[str | None, Mutability.immutable, CaseExact.true] = None
    ref: Annotated[scim.Reference[User] | None, Mutability.immutable] = Field(
        None, serialization_alias="$ref", validation_alias="$ref"
    )
    type: Annotated[str | None, Mutability.immutable] = Field(None, examples=["User"])


class Group(Resource[Any]):
    """A group of people, to which roles may be granted in Remit."""

    __schema__ = scim.URN("urn:ietf:params:scim:schemas:core:2.0:Group")

    display_name: Annotated[str | None, Required.true, Uniqueness.server] = None
    members: list[Member] | None = None

    Members: ClassVar[type[ComplexAttribute]] = Member


def assumed(content: dict[str, Any], active: bool | None) -> dict[str, Any]:
    """Return what a provider sent of a person, with `active` as it is where they left it out."""
    return content if any(key.lower() == "active" for key in content) else {**content, "active": active}


POLICY = ScimPolicy(
    unknown=ScimPolicy.Unknown.ignore,
    remove_value_as_filter=ScimPolicy.RemoveValue.apply,
    unmatched_path_filter=ScimPolicy.UnmatchedPathFilter.create,
)
"""What providers send beside the letter of the standard, and is understood all the same."""

CONFIG = scim.ServiceProviderConfig(
    patch=scim.Patch(supported=True),
    bulk=scim.Bulk(supported=False, max_operations=0, max_payload_size=0),
    filter=scim.Filter(supported=True, max_results=LARGEST_PAGE),
    change_password=scim.ChangePassword(supported=False),
    sort=scim.Sort(supported=True),
    etag=scim.ETag(supported=True),
    authentication_schemes=[
        scim.AuthenticationScheme(
            name="Bearer token",
            description="A token of the SCIM connection, made in Remit under People and access.",
            type=scim.AuthenticationScheme.Type.oauthbearertoken,
            spec_uri=scim.Reference("https://www.rfc-editor.org/rfc/rfc6750"),
            primary=True,
        )
    ],
)
PROVIDER = scim.ScimProvider(models=[User, Group], config=CONFIG, policy=POLICY)
