"""Units, people, groups and grants; reach is derived from them by the database itself."""

from __future__ import annotations

from typing import Any, ClassVar

from django.contrib.auth.base_user import AbstractBaseUser, BaseUserManager
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

    name = models.CharField(max_length=120, unique=True)
    members = models.ManyToManyField(User, blank=True, related_name="circles")

    class Meta:
        ordering = ("name",)

    def __str__(self) -> str:
        return self.name


class Grant(models.Model):
    """A role for a person or a group, over a unit and everything below it, for good or until a day."""

    user = models.ForeignKey(User, models.CASCADE, null=True, blank=True, related_name="grants")
    group = models.ForeignKey(Group, models.CASCADE, null=True, blank=True, related_name="grants")
    role = models.CharField(max_length=32, choices=[(role.name, role.title) for role in ROLES.values()])
    unit = models.ForeignKey(Unit, models.CASCADE, related_name="grants")
    expires_on = models.DateField("last day", null=True, blank=True)
    created_at = models.DateTimeField(db_default=Now(), editable=False)

    class Meta:
        constraints = (
            models.CheckConstraint(
                condition=models.Q(user__isnull=True, group__isnull=False)
                | models.Q(user__isnull=False, group__isnull=True),
                name="grant_to_a_person_or_a_group",
            ),
            models.UniqueConstraint(fields=("user", "group", "role", "unit"), name="grant_once", nulls_distinct=False),
        )

    def __str__(self) -> str:
        return f"{self.user or self.group}: {ROLES[self.role].title} of {self.unit}"


class Reach(models.Model):
    """Which units a person reaches, by which role; written by the database when units, groups or grants change.

    The role "above" marks the units over one that is reached: their names may be shown, their records may not.
    """

    user = models.ForeignKey(User, models.CASCADE, related_name="+")
    unit = models.ForeignKey(Unit, models.CASCADE, related_name="+")
    role = models.CharField(max_length=32)
    until = models.DateField(null=True)

    class Meta:
        db_table = "access_reach"
        indexes = (models.Index(fields=("user", "role"), include=("unit", "until"), name="reach_by_user"),)


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
    """Leave for one person to see one restricted record."""

    kind = models.CharField(max_length=80)
    record_id = models.BigIntegerField()
    user = models.ForeignKey(User, models.CASCADE, related_name="+")
    reason = models.CharField(max_length=200)
    created_at = models.DateTimeField(db_default=Now())

    class Meta:
        db_table = "access_need_to_know"
        constraints = (models.UniqueConstraint(fields=("kind", "record_id", "user"), name="need_to_know_once"),)
