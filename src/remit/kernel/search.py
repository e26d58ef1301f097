"""Finding records by words: PostgreSQL full text with prefixes, over the fields a Resource names.

The documents are kept by triggers (`remit.kernel.database.install`). A field that is a relation searches the related
records instead of copying their words, so that a million findings are found by the few weaknesses they are of.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from django.db import connection, models
from django.db.models import Q

MOST = 20_000


@models.BigAutoField.register_lookup
@models.ForeignKey.register_lookup
class Among(models.Lookup[Any]):
    """`__among=[…]`: one of these keys, as one array that the planner can look into, however many they are."""

    lookup_name = "among"
    prepare_rhs = False

    def as_sql(self, compiler: Any, connection: Any) -> tuple[str, tuple[Any, ...]]:
        left, parameters = self.process_lhs(compiler, connection)
        return f"{left} = any(%s::bigint[])", (*parameters, list(self.rhs))


class SearchDocument(models.Model):
    """The searchable words of one record; only the database's own functions read and write it."""

    kind = models.CharField(max_length=80)
    record_id = models.BigIntegerField()
    document = models.TextField()
    """A tsvector; declared as text because only SQL touches it."""

    class Meta:
        db_table = "search_document"
        managed = False


def matching(model: type[models.Model], fields: Sequence[str], words: str) -> Q:
    """Return the condition that a record of `model` holds all the words in one of `fields` or of their relations.

    The words are looked up here, in one query, and the condition names the keys: told which they are, the planner goes
    to the rows of few, and stops early among the rows of many.
    """
    kinds = {name: _kind(model, name) for name in relations(model, fields)}
    if texts(model, fields):
        kinds["pk"] = model._meta.label_lower
    keys = _keys(sorted(set(kinds.values())), words)
    found = Q()
    for name, kind in kinds.items():
        if keys[kind]:
            found |= Q(**{f"{name}__among": keys[kind]})
    if number := _number(model, words):
        found |= Q(pk=number)
    return found or Q(pk__in=[])


def texts(model: type[models.Model], fields: Sequence[str]) -> list[str]:
    """Return those of `fields` that are columns of words of the model itself."""
    return [name for name in fields if not model._meta.get_field(name).is_relation]


def relations(model: type[models.Model], fields: Sequence[str]) -> list[str]:
    return [name for name in fields if model._meta.get_field(name).is_relation]


def _kind(model: type[models.Model], relation: str) -> str:
    target: Any = model._meta.get_field(relation).related_model
    return str(target._meta.label_lower)


def _keys(kinds: Sequence[str], words: str) -> dict[str, list[int]]:
    """Return the keys of the records of each kind that hold the words, within reach or not: at most MOST of each."""
    with connection.cursor() as cursor:
        cursor.execute(
            "select kind, array(select remit_search(kind, %s, %s)) from unnest(%s::text[]) kind",
            (words, MOST, list(kinds)),
        )
        return dict(cursor.fetchall())


def _number(model: type[models.Model], words: str) -> int | None:
    """Read a reference such as "FND-12" (in any case) as the key it stands for."""
    prefix, _, number = words.strip().upper().partition("-")
    if prefix == getattr(model, "prefix", None) and number.isascii() and number.isdigit() and len(number) < 16:
        return int(number)
    return None
