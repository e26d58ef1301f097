"""Identity providers, SCIM connections, and what SCIM knows of the people and groups that it keeps in step.

Row-level security (`access.sql`): all of it is the system's, and that of who administers the topmost unit.
"""

from __future__ import annotations

from uuid import uuid4

from django.conf import settings as django_settings
from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models.functions import Now

from remit.kernel.access.models import Group, Unit


def new_key() -> str:
    """Return a name that says nothing about what it stands for, and that nobody guesses."""
    return str(uuid4())


class IdentityProvider(models.Model):
    """Somebody whom Remit believes who a person is. Never deleted, and `slug` and issuer never change: links name it.

    `settings` of OpenID Connect: `issuer`, `client_id`, and `factors`, values of `acr` or `amr` that say that a second
    factor was used. Of SAML: `entity_id`, `sign_in_url`, `certificates`, `mail` (its attribute), and `factors`.
    """

    class Kind(models.TextChoices):
        OIDC = "oidc", "OpenID Connect"
        SAML = "saml", "SAML 2.0"

    name = models.CharField(max_length=80)
    slug = models.SlugField(max_length=40, unique=True)
    kind = models.CharField(max_length=10, choices=Kind.choices, default=Kind.OIDC)
    unit = models.ForeignKey(Unit, models.PROTECT, related_name="+")
    domains = ArrayField(models.CharField(max_length=253), default=list)
    """Mail domains whose people it speaks for, in lower case."""
    settings = models.JSONField(default=dict)
    sealed_secret = models.TextField(default="")
    """The client secret, sealed."""
    vouches_for_mail = models.BooleanField(default=False)
    """Whether addresses in its domains count as verified although it does not say so."""
    is_second_factor = models.BooleanField(default=False)
    """Whether its word about a second factor is enough."""
    is_required = models.BooleanField(default=False)
    """Whether people of its domains are refused by password, but for `exceptions`."""
    exceptions = models.ManyToManyField(django_settings.AUTH_USER_MODEL, blank=True, related_name="+")
    is_active = models.BooleanField(default=True)
    created_at = models.DateTimeField(db_default=Now(), editable=False)

    class Meta:
        db_table = "identity_provider"
        ordering = ("name",)

    def __str__(self) -> str:
        return self.name

    @property
    def issuer(self) -> str:
        """What it calls itself."""
        return str(self.settings.get("issuer") or self.settings.get("entity_id") or "")


class UsedAssertion(models.Model):
    """A SAML assertion that signed somebody in: it does so once."""

    provider = models.ForeignKey(IdentityProvider, models.CASCADE, related_name="+")
    digest = models.BinaryField()
    used_at = models.DateTimeField(db_default=Now())

    class Meta:
        db_table = "identity_used_assertion"
        constraints = (models.UniqueConstraint(fields=("provider", "digest"), name="assertion_once"),)


class ScimConnection(models.Model):
    """An identity provider that may keep people and groups in step, by a bearer token of its own."""

    name = models.CharField(max_length=80, unique=True)
    domains = ArrayField(models.CharField(max_length=253), default=list)
    """Mail domains of the people that it may provision or adopt, in lower case."""
    digest = models.BinaryField(unique=True, null=True)
    """SHA-256 of its token, which is stored nowhere; none once it is revoked."""
    hint = models.CharField(max_length=20, default="")
    """The beginning of the token, by which people tell tokens apart."""
    expires_at = models.DateTimeField(null=True)
    created_at = models.DateTimeField(db_default=Now(), editable=False)

    class Meta:
        db_table = "scim_connection"
        ordering = ("name",)

    def __str__(self) -> str:
        return self.name


class ScimUse(models.Model):
    """When a connection last called, to the minute; apart from it, since calls are no changes of it."""

    connection = models.OneToOneField(ScimConnection, models.CASCADE, primary_key=True, related_name="use")
    used_at = models.DateTimeField()

    class Meta:
        db_table = "scim_use"


class Kept(models.Model):
    """What SCIM keeps beside a person or a group: its key there, and whose it is."""

    connection = models.ForeignKey(ScimConnection, models.PROTECT, related_name="+")
    key = models.CharField(max_length=36, unique=True, default=new_key)
    external_id = models.CharField(max_length=200, default="", blank=True)
    is_gone = models.BooleanField(default=False)
    """Deleted by SCIM; the row stays, so that who comes back is the same."""
    created_at = models.DateTimeField(db_default=Now(), editable=False)
    updated_at = models.DateTimeField(auto_now=True)

    class Meta:
        abstract = True


class ScimPerson(Kept):
    """A person whom a connection provisioned, or adopted since their mail address is in its domains."""

    user = models.OneToOneField(django_settings.AUTH_USER_MODEL, models.CASCADE, related_name="scim")
    display_name = models.CharField(max_length=120, default="", blank=True)
    formatted_name = models.CharField(max_length=120, default="", blank=True)
    given_name = models.CharField(max_length=120, default="", blank=True)
    family_name = models.CharField(max_length=120, default="", blank=True)
    is_deactivated = models.BooleanField(default=False)
    """Barred by SCIM, which alone may then let them in again; whom somebody barred here it cannot."""

    class Meta:
        db_table = "scim_person"


class ScimGroup(Kept):
    """A group that a connection made, or was given by an administrator."""

    group = models.OneToOneField(Group, models.CASCADE, related_name="scim")
    may_hold_privilege = models.BooleanField(default=False)
    """Whether an administrator lets SCIM add members although the group holds a privileged role."""

    class Meta:
        db_table = "scim_group"
