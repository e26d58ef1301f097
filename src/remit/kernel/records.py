"""The base of every record type: in a unit, owned, versioned, moved by its lifecycle, on the ledger by construction."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any, ClassVar

from django.conf import settings
from django.core.exceptions import ImproperlyConfigured
from django.db import DatabaseError, connection, models, transaction
from django.db.models.functions import Now
from django.urls import reverse
from django.utils import timezone

from remit.kernel import actor, step_up
from remit.kernel.lifecycle import Move, MoveRefusedError, StateField, effects_of, state_field, words

if TYPE_CHECKING:
    from remit.kernel.resources import Resource


class StaleRecordError(Exception):
    """Somebody changed (or removed) the record after it was read; saving would overwrite them."""

    def __init__(self, record: Record) -> None:
        super().__init__(f"{record.ref} was changed by somebody else after you opened it.")
        self.record = record


class Record(models.Model):
    """What every record type shares. `prefix` makes its reference ("FND-12"); `secret` columns stay off the ledger."""

    prefix: ClassVar[str]
    secret: ClassVar[tuple[str, ...]] = ()
    lent_by: ClassVar[tuple[str, ...]] = ()
    """Columns ("table.column") through which a record is lent: who owns a row there may read what it names.
    Somebody who is to mend a finding must see which asset it is on."""
    known_by: ClassVar[tuple[str, ...]] = ()
    """Columns (kind, id) that name another record: who sees that one knows this one, and this one is restricted with
    it."""
    seen_with: ClassVar[str] = ""
    """A relation: who sees the record it names sees this one too, whoever owns it, as the estimates of a risk."""
    for_units_below: ClassVar[bool] = False
    """Whether who reads this type in a unit reads what the units above it lay down: scales, limits, categories."""
    as_made: ClassVar[tuple[str, ...]] = ()
    """Columns that nobody changes once the record is made, the system included; people do not delete it either."""
    speaks_of: ClassVar[tuple[str, ...]] = ()
    """Columns whose structures name other records by reference: each reader is told only of those they reach."""
    owner_always: ClassVar[bool] = False
    """Whether the owner sees and answers it in whatever unit it is, as with work that somebody asks of them."""
    resource: ClassVar[Resource]

    unit = models.ForeignKey(
        "kernel.Unit", models.PROTECT, related_name="+", help_text="Decides, with your grants, who sees this record."
    )
    owner = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, null=True, blank=True, related_name="+", help_text="Answers for it."
    )
    restricted = models.BooleanField(
        default=False, db_default=False, help_text="Seen only by the owner and by those named as needing to know."
    )
    version = models.PositiveIntegerField(default=1, db_default=1, editable=False)
    created_at = models.DateTimeField("created", db_default=Now(), editable=False)
    updated_at = models.DateTimeField("changed", db_default=Now(), editable=False)

    class Meta:
        abstract = True
        ordering = ("-id",)

    def __str__(self) -> str:
        for name in ("title", "name"):
            if value := getattr(self, name, ""):
                return str(value)
        return self.ref

    @property
    def ref(self) -> str:
        return f"{self.prefix}-{self.pk}"

    @classmethod
    def kind(cls) -> str:
        """Return the name under which access and ledger know this type: "assets.asset"."""
        return cls._meta.label_lower

    def get_absolute_url(self) -> str:
        return reverse("record", args=[self.resource.slug, self.pk])

    def save(self, **options: Any) -> None:
        """Insert, or update if nobody else has since the record was read (StaleRecordError)."""
        if self._state.adding:
            super().save(**options)
            return
        self.version += 1
        self.updated_at = timezone.now()
        if (only := options.get("update_fields")) is not None:
            options["update_fields"] = {*only, "version", "updated_at"}
        try:
            with transaction.atomic():
                super().save(force_update=True, **options)
        except DatabaseError as error:
            self.version -= 1
            if "did not affect any rows" in str(error):
                raise StaleRecordError(self) from error
            raise

    def _do_update(self, base_qs: Any, *args: Any, **options: Any) -> Any:
        return super()._do_update(base_qs.filter(version=self.version - 1), *args, **options)

    @classmethod
    def lifecycle(cls) -> StateField | None:
        return state_field(cls)

    @classmethod
    def moves(cls) -> dict[str, Move]:
        """Return the moves of this type's lifecycle; a type may have none."""
        lifecycle = cls.lifecycle()
        return lifecycle.moves if lifecycle else {}

    def refusal(self, name: str) -> str:
        """Say why the actor may not take this move now, or return ""."""
        who, move = actor.actor(), self.moves()[name]
        user_id = None if who.system else who.user_id
        return move.refusal(self, user_id) or move.four_eyes_refusal(self._doers(move), user_id)

    def _doers(self, move: Move) -> dict[str, int | None]:
        """Return who did what `move` is apart from, asked of the ledger once for as long as the record is held."""
        known: dict[str, int | None] = self.__dict__.setdefault("_did", {})
        for deed in set(move.apart_from) - {"owner", *known}:
            remember_doers([self], deed)
        return {**known, "owner": self.owner_id}

    @transaction.atomic
    def move(self, name: str, **values: Any) -> None:
        """Take one named move, set what it asks for, run its effects; the ledger shows it by its name."""
        move = self.moves()[name]
        unexpected = set(values) - set(move.asks)
        if unexpected:
            raise MoveRefusedError(f"“{move.label}” does not take {', '.join(sorted(unexpected))}.")
        for field, value in values.items():
            setattr(self, field, value)
        if refusal := self.refusal(name):
            raise MoveRefusedError(refusal)
        if move.step_up and not actor.actor().system:
            step_up.require()
        if unsaid := [field for field in move.asks if not str(values.get(field) or "").strip()]:
            raise MoveRefusedError(f"“{move.label}” needs to be told: {', '.join(words(field) for field in unsaid)}.")
        self.state = move.target
        if move.stamp:
            field_type = self._meta.get_field(move.stamp)
            now = timezone.now()
            setattr(self, move.stamp, now if isinstance(field_type, models.DateTimeField) else timezone.localdate(now))
        with actor.verb(name):
            self.save()
        self.__dict__.pop("_did", None)
        for effect in effects_of(self.kind(), name):
            effect(self)

    state: Any

    def __init_subclass__(cls, **options: Any) -> None:
        super().__init_subclass__(**options)
        if "prefix" not in cls.__dict__ and not getattr(cls.__dict__.get("Meta"), "abstract", False):
            raise ImproperlyConfigured(f"{cls.__name__} needs a prefix for its references.")


def record_types() -> list[type[Record]]:
    """Return every record type of the installed areas, by kind."""
    from django.apps import apps  # noqa: PLC0415

    return sorted((m for m in apps.get_models() if issubclass(m, Record)), key=lambda m: m.kind())


def remember_doers(records: Sequence[Record], deed: str) -> None:
    """Ask the ledger, in one query, who last did this to each record of one type; their refusals then ask no more."""
    if not records:
        return
    with connection.cursor() as cursor:
        cursor.execute(
            "select record, actor_id from remit_last_actors(%s, %s::bigint[], %s)",
            (records[0].kind(), [record.pk for record in records], deed),
        )
        found = dict(cursor.fetchall())
    for record in records:
        record.__dict__.setdefault("_did", {})[deed] = found.get(record.pk)
