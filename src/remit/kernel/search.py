"""Finding records by words: PostgreSQL full text with prefixes, over the fields a Resource names.

The documents are kept by triggers (`remit.kernel.database.install`). A field that is a relation searches the related
records instead of copying their words, so that a million findings are found by the few weaknesses they are of.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from django.db import models
from django.db.models import Q
from django.db.models.expressions import RawSQL

MOST = 20_000


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
    """Return the condition that a record of `model` holds all the words in one of `fields` or of their relations."""
    found = Q()
    for related in relations(model, fields):
        target: Any = model._meta.get_field(related).related_model
        found |= Q(**{f"{related}__in": _keys(target._meta.label_lower, words)})
    if texts(model, fields):
        found |= Q(pk__in=_keys(model._meta.label_lower, words))
    if number := _number(model, words):
        found |= Q(pk=number)
    return found


def texts(model: type[models.Model], fields: Sequence[str]) -> list[str]:
    """Return those of `fields` that are columns of words of the model itself."""
    return [name for name in fields if not model._meta.get_field(name).is_relation]


def relations(model: type[models.Model], fields: Sequence[str]) -> list[str]:
    return [name for name in fields if model._meta.get_field(name).is_relation]


def _keys(kind: str, words: str) -> RawSQL:
    return RawSQL("select remit_search(%s, %s, %s)", (kind, words, MOST))  # noqa: S611  (all three are parameters)


def _number(model: type[models.Model], words: str) -> int | None:
    """Read a reference such as "FND-12" (in any case) as the key it stands for."""
    prefix, _, number = words.strip().upper().partition("-")
    if prefix == getattr(model, "prefix", None) and number.isascii() and number.isdigit() and len(number) < 16:
        return int(number)
    return None
