"""Sessions, the browsers they began in, API tokens, and the accounts of programs.

Row-level security: a session and a browser are their person's; a token is seen by its account, by whoever owns that
account, and by who administers it. What an actor does by token sees none of these tables (`access.sql`).
"""

from __future__ import annotations

from django.conf import settings
from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models.functions import Now

from remit.kernel.access.models import Unit


class UserSession(models.Model):
    """A session that somebody signed in to; when the row is gone the session has ended."""

    user = models.ForeignKey(settings.AUTH_USER_MODEL, models.CASCADE, related_name="+")
    digest = models.BinaryField(unique=True)
    """SHA-256 of the random mark that the session itself keeps."""
    began_at = models.DateTimeField(db_default=Now())
    seen_at = models.DateTimeField(db_default=Now())
    browser = models.CharField(max_length=80)
    address = models.CharField(max_length=60)
    """The network, not the machine: the first 24 bits of IPv4, 48 of IPv6."""
    is_new_browser = models.BooleanField(default=False)

    class Meta:
        db_table = "identity_session"
        indexes = (models.Index(fields=("user", "-seen_at"), name="session_of_user"),)


class KnownBrowser(models.Model):
    """A browser in which somebody has signed in before, by the mark that it carries."""

    user = models.ForeignKey(settings.AUTH_USER_MODEL, models.CASCADE, related_name="+")
    digest = models.BinaryField()
    seen_at = models.DateTimeField(db_default=Now())

    class Meta:
        db_table = "identity_browser"
        constraints = (models.UniqueConstraint(fields=("user", "digest"), name="browser_once"),)


class ServiceAccount(models.Model):
    """The account of a program: a `User` with `is_service`, which holds roles but never signs in."""

    user = models.OneToOneField(settings.AUTH_USER_MODEL, models.CASCADE, related_name="service")
    owner = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+")
    """The person who answers for it; its tokens are refused while they may not sign in."""
    purpose = models.CharField(max_length=200)
    created_at = models.DateTimeField(db_default=Now(), editable=False)

    class Meta:
        db_table = "identity_service"

    def __str__(self) -> str:
        return self.user.name


class ApiToken(models.Model):
    """A secret with which a program calls the API as an account, within a scope, until a time."""

    user = models.ForeignKey(settings.AUTH_USER_MODEL, models.CASCADE, related_name="tokens")
    name = models.CharField(max_length=80)
    digest = models.BinaryField(unique=True)
    """SHA-256 of the secret, which is stored nowhere."""
    hint = models.CharField(max_length=20)
    """The beginning of the secret, by which people tell tokens apart."""
    writes = models.BooleanField(default=False)
    kinds = ArrayField(models.CharField(max_length=80), default=list)
    """The kinds of record it is for; empty for every kind."""
    unit = models.ForeignKey(Unit, models.CASCADE, null=True, related_name="+")
    """The unit it is confined to, with those below; none for wherever the account reaches."""
    created_at = models.DateTimeField(db_default=Now(), editable=False)
    made_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.SET_NULL, null=True, related_name="+")
    expires_at = models.DateTimeField()
    revoked_at = models.DateTimeField(null=True)
    asked_at = models.DateTimeField(null=True)
    """When its person was asked to replace it."""

    class Meta:
        db_table = "identity_token"
        indexes = (
            models.Index(fields=("user", "expires_at"), name="token_of_user"),
            models.Index(fields=("expires_at",), name="token_expiry", condition=models.Q(revoked_at=None)),
        )

    def __str__(self) -> str:
        return self.name


class TokenUse(models.Model):
    """When a token was last used, to the minute; apart from the token, since uses are no changes of it."""

    token = models.OneToOneField(ApiToken, models.CASCADE, primary_key=True, related_name="use")
    used_at = models.DateTimeField()

    class Meta:
        db_table = "identity_token_use"
