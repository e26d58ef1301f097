"""Units, people, groups and grants; reach is derived from them by the database itself."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Any, ClassVar

from django.contrib.auth.base_user import AbstractBaseUser, BaseUserManager
from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models.functions import Lower, Now
from django.utils.crypto import salted_hmac

from remit.kernel.access.roles import ROLES


class Unit(models.Model):
    """A node of the organisation's tree; the records within it are seen by those granted a role on it or above."""

    class Kind(models.TextChoices):
        GROUP = "group", "Group"
        COMPANY = "company", "Company"
        BUSINESS_UNIT = "business_unit", "Business unit"
        ACQUISITION_TARGET = "acquisition_target", "Acquisition target"

    code = models.SlugField(unique=True, help_text="Short and stable; imports name the unit by it.")
    name = models.CharField(max_length=120)
    kind = models.CharField(max_length=20, choices=Kind.choices, default=Kind.COMPANY)
    parent = models.ForeignKey("self", models.PROTECT, null=True, blank=True, related_name="children")

    class Meta:
        ordering = ("name",)

    def __str__(self) -> str:
        return self.name


class Users(BaseUserManager["User"]):
    """Makes people; a password is optional, for those who arrive by a one-time link."""

    def create_user(self, email: str, name: str = "", password: str | None = None, **fields: Any) -> User:
        user = self.model(email=email.strip().lower(), name=name or email.partition("@")[0], **fields)
        if password:
            user.set_password(password)
        else:
            user.set_unusable_password()
        user.save(using=self._db)
        return user

    def get_by_natural_key(self, username: str | None) -> User:
        return self.get(email__iexact=username)


class User(AbstractBaseUser):
    """A person who signs in, by their mail address."""

    email = models.EmailField("mail address", unique=True)
    name = models.CharField(max_length=120)
    title = models.CharField("job title", max_length=120, blank=True)
    time_zone = models.CharField(max_length=50, default="UTC")
    is_active = models.BooleanField("may sign in", default=True)
    is_service = models.BooleanField("is a program", default=False, db_default=False, editable=False)
    """The account of a program: it calls the API by token and never signs in."""
    joined_at = models.DateTimeField(db_default=Now(), editable=False)
    session_salt = models.CharField(max_length=32, default="", editable=False)
    """Changed to end every session of the person at once."""

    objects: ClassVar[Users] = Users()
    USERNAME_FIELD = "email"
    EMAIL_FIELD = "email"
    REQUIRED_FIELDS: ClassVar[list[str]] = ["name"]

    class Meta:
        ordering = ("name",)
        constraints = (models.UniqueConstraint(Lower("email"), name="user_email_once"),)

    def __str__(self) -> str:
        return self.name

    @property
    def initials(self) -> str:
        parts = self.name.split()
        return "".join(part[0] for part in (parts[:1] + parts[1:][-1:])).upper()

    def _get_session_auth_hash(self, secret: str | None = None) -> str:
        """A session ends with a new password, a new salt, or the leave to sign in."""
        said = f"{self.password}|{self.session_salt}|{self.is_active}"
        return salted_hmac("remit.session", said, secret=secret, algorithm="sha256").hexdigest()


class Group(models.Model):
    """People who are granted roles together."""

    name = models.CharField(max_length=120)
    unit = models.ForeignKey(
        Unit, models.PROTECT, null=True, blank=True, related_name="groups",
        help_text="Who administers this unit manages the group; none stands for the topmost unit.",
    )  # fmt: skip
    members = models.ManyToManyField(User, blank=True, related_name="circles")

    class Meta:
        ordering = ("name",)
        constraints = (
            models.UniqueConstraint(fields=("unit", "name"), name="group_once_a_unit", nulls_distinct=False),
        )

    def __str__(self) -> str:
        return self.name


class Engagement(models.Model):
    """One audit: who comes, into which unit, to read which record types, from which day to which.

    A grant of the role auditor belongs to one and reaches nothing beyond it: unit, record types and days.
    """

    title = models.CharField(max_length=120)
    firm = models.CharField("firm or team", max_length=120)
    contact = models.CharField(max_length=200, blank=True, help_text="Whom to ask about it, on their side.")
    unit = models.ForeignKey(Unit, models.PROTECT, related_name="engagements")
    kinds = ArrayField(models.CharField(max_length=80), default=list, blank=True)
    """The record types in scope; empty stands for all that the role reads."""
    starts_on = models.DateField("first day")
    ends_on = models.DateField("last day")
    ended_at = models.DateTimeField("ended", null=True, blank=True, editable=False)
    """When somebody ended it before its last day."""
    created_by = models.ForeignKey(User, models.PROTECT, null=True, editable=False, related_name="+")
    created_at = models.DateTimeField(db_default=Now(), editable=False)

    class Meta:
        ordering = ("-ends_on", "title")
        constraints = (
            models.CheckConstraint(
                condition=models.Q(ends_on__gte=models.F("starts_on")), name="engagement_ends_after_it_starts"
            ),
            models.UniqueConstraint(fields=("unit", "title"), name="engagement_once_a_unit"),
            models.UniqueConstraint(fields=("id", "unit"), name="engagement_with_its_unit"),
        )

    def __str__(self) -> str:
        return self.title

    def is_over(self, today: date) -> bool:
        return self.ended_at is not None or self.ends_on < today


class Grant(models.Model):
    """A role for a person or a group, over a unit and everything below it, for good or until a day."""

    user = models.ForeignKey(User, models.CASCADE, null=True, blank=True, related_name="grants")
    group = models.ForeignKey(Group, models.CASCADE, null=True, blank=True, related_name="grants")
    role = models.CharField(max_length=32, choices=[(role.name, role.title) for role in ROLES.values()])
    unit = models.ForeignKey(Unit, models.CASCADE, related_name="grants")
    engagement = models.ForeignKey(Engagement, models.PROTECT, null=True, blank=True, related_name="grants")
    """Of an auditor; the database holds its unit to be the grant's."""
    expires_on = models.DateField("last day", null=True, blank=True)
    created_by = models.ForeignKey(User, models.SET_NULL, null=True, editable=False, related_name="+")
    created_at = models.DateTimeField(db_default=Now(), editable=False)

    class Meta:
        constraints = (
            models.CheckConstraint(
                condition=models.Q(role="auditor", engagement__isnull=False)
                | (~models.Q(role="auditor") & models.Q(engagement__isnull=True)),
                name="auditor_in_an_engagement",
            ),
            models.CheckConstraint(
                condition=models.Q(user__isnull=True, group__isnull=False)
                | models.Q(user__isnull=False, group__isnull=True),
                name="grant_to_a_person_or_a_group",
            ),
            models.UniqueConstraint(
                fields=("user", "group", "role", "unit", "engagement"), name="grant_once", nulls_distinct=False
            ),
        )

    def __str__(self) -> str:
        return f"{self.user or self.group}: {ROLES[self.role].title} of {self.unit}"

    @property
    def last_day(self) -> date | None:
        """Return the last day it holds: its own, or that of its engagement where that comes first."""
        audit = self.engagement
        if audit is None:
            return self.expires_on
        ended = audit.ended_at.date() - timedelta(days=1) if audit.ended_at else audit.ends_on
        return min(self.expires_on or ended, audit.ends_on, ended)


class Reach(models.Model):
    """Which units a person reaches, by which role; written by the database when units, groups or grants change.

    The role "above" marks the units over one that is reached: their names may be shown, their records may not.
    An auditor's rows name one record type each where their engagement is confined to some.
    """

    user = models.ForeignKey(User, models.CASCADE, related_name="+")
    unit = models.ForeignKey(Unit, models.CASCADE, related_name="+")
    role = models.CharField(max_length=32)
    kind = models.CharField(max_length=80, null=True)  # noqa: DJ001 - null is every record type, as in the policies
    since = models.DateField(null=True)
    until = models.DateField(null=True)

    class Meta:
        db_table = "access_reach"
        indexes = (
            models.Index(fields=("user", "role"), include=("unit", "until", "since", "kind"), name="reach_by_user"),
        )


class RoleLevel(models.Model):
    """The levels of `roles.ROLES` where the database can join them; filled after every migration."""

    role = models.CharField(max_length=32)
    kind = models.CharField(max_length=80)
    level = models.SmallIntegerField()

    class Meta:
        db_table = "access_role_level"
        constraints = (models.UniqueConstraint(fields=("kind", "role"), include=("level",), name="level_once"),)


class RecordKind(models.Model):
    """Which table holds the records of a kind, for functions that are given the kind only."""

    kind = models.CharField(max_length=80, primary_key=True)
    table_name = models.CharField(max_length=80)

    class Meta:
        db_table = "access_record_kind"


class NeedToKnow(models.Model):
    """Leave for one person to see one restricted record, for good or until a moment."""

    kind = models.CharField(max_length=80)
    record_id = models.BigIntegerField()
    user = models.ForeignKey(User, models.CASCADE, related_name="+")
    reason = models.CharField(max_length=200)
    until = models.DateTimeField("last moment", null=True, blank=True)
    given_by = models.ForeignKey(User, models.SET_NULL, null=True, related_name="+")
    broken_glass = models.BooleanField(default=False, db_default=False)
    """Taken by the person themselves, who broke the glass."""
    created_at = models.DateTimeField(db_default=Now())

    class Meta:
        db_table = "access_need_to_know"
        constraints = (models.UniqueConstraint(fields=("kind", "record_id", "user"), name="need_to_know_once"),)
        indexes = (models.Index(fields=("user", "kind"), name="need_to_know_of_user"),)

    def __str__(self) -> str:
        return f"{self.user} needs to know {self.kind} {self.record_id}"
