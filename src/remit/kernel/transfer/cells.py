"""Reading one cell of an imported table as a value of one field, and comparing it with what a record holds."""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Iterable, Mapping
from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any

from django.contrib.postgres.fields import ArrayField
from django.core.exceptions import ValidationError
from django.db import models

from remit.kernel.transfer.lookups import Wrong

_YES = {"yes", "true", "1", "y", "on", "x"}
_DECIMAL = re.compile(r"[+-]?\d{1,18}(\.\d{1,12})?")
_NO = {"no", "false", "0", "n", "off", ""}


def read(field: models.Field[Any, Any], value: Any) -> Any:
    """Return the value that a cell means for a field that is no relation; None or "" for nothing. Raises Wrong."""
    if field.choices:
        return _choice(field, value)
    if isinstance(field, ArrayField):
        return items(value)
    if isinstance(field, models.BooleanField):
        return _truth(value)
    if isinstance(field, models.DateField):
        return _moment(value) if isinstance(field, models.DateTimeField) else _day(value)
    if isinstance(field, models.DecimalField):
        return _decimal(value)
    if isinstance(field, models.IntegerField | models.FloatField):
        return _number(value, whole=isinstance(field, models.IntegerField))
    if isinstance(value, list | dict):
        raise Wrong("Write text here, not a list or an object.")
    return _text(value)


def _text(value: Any) -> str:
    """Keep text as it is, save for the ends and the line ends that programs change on their way."""
    if value is None:
        return ""
    if isinstance(value, bool):
        return "yes" if value else "no"
    return value.replace("\r\n", "\n").replace("\r", "\n").strip() if isinstance(value, str) else str(value)


def _choice(field: models.Field[Any, Any], value: Any) -> Any:
    """Know a choice by its value or its label, in any case; not by a look-alike."""
    said = _text(value)
    if not said:
        return None
    for key, label in field.flatchoices:
        if said == str(key) or said.casefold() in {str(label).casefold(), str(key).casefold()}:
            return key
    raise Wrong(f"“{said[:80]}” is none of {', '.join(str(label) for _, label in field.flatchoices)}.")


def items(value: Any) -> list[str]:
    """Read a list from one cell: items parted by commas (or semicolons, where there is no comma)."""
    if isinstance(value, list):
        return [_text(each) for each in value]
    said = _text(value)
    if not said:
        return []
    mark = "," if "," in said or ";" not in said else ";"
    try:
        lines = csv.reader(io.StringIO(said, newline=""), delimiter=mark, skipinitialspace=True, strict=True)
        found = [item for line in lines for item in line]
    except csv.Error:
        raise Wrong("The quotation marks of this list do not close.") from None
    return [item.strip() for item in found if item.strip()]


def _truth(value: Any) -> bool | None:
    if isinstance(value, bool):
        return value
    said = _text(value).casefold()
    if said in _YES:
        return True
    if said in _NO:
        return False if said else None
    raise Wrong(f"Write yes or no, not “{said[:80]}”.")


def _number(value: Any, *, whole: bool) -> int | float | None:
    if isinstance(value, bool):
        raise Wrong("Write a number, not yes or no.")
    said = _text(value)
    if not said:
        return None
    try:
        return int(said) if whole else float(said)
    except ValueError:
        raise Wrong(
            f"Write a {'whole number, as in 12' if whole else 'number, as in 7.5'}, not “{said[:80]}”."
        ) from None


def _decimal(value: Any) -> Decimal | None:
    """Read an exact number; marks between thousands are refused, as 1.234 is two numbers in two countries."""
    if isinstance(value, bool):
        raise Wrong("Write a number, not yes or no.")
    said = _text(value)
    if not said:
        return None
    if not _DECIMAL.fullmatch(said):
        raise Wrong(
            f"Write the number with a point and without marks between thousands or a currency, as in 1234.50, "
            f"not “{said[:80]}”."
        )
    return Decimal(said)


def _day(value: Any) -> date | None:
    if isinstance(value, datetime):
        return value.date()
    if isinstance(value, date):
        return value
    said = _text(value)
    if not said:
        return None
    try:
        return (
            date.fromisoformat(said[:10]) if len(said) == 10 or said[10:11] in {"T", " "} else date.fromisoformat(said)
        )
    except ValueError:
        raise Wrong(f"Write the day as year-month-day, as in 2026-03-31, not “{said[:80]}”.") from None


def _moment(value: Any) -> datetime | None:
    if isinstance(value, datetime):
        return value if value.tzinfo else value.replace(tzinfo=UTC)
    if isinstance(value, date):
        return datetime(value.year, value.month, value.day, tzinfo=UTC)
    said = _text(value)
    if not said:
        return None
    try:
        found = datetime.fromisoformat(said)
    except ValueError:
        raise Wrong(f"Write the time as in 2026-03-31T14:00:00Z, not “{said[:80]}”.") from None
    return found if found.tzinfo else found.replace(tzinfo=UTC)


def asked(model: type[models.Model], values: Mapping[str, Any]) -> dict[str, Any]:
    """Read what a person answers to a move, by the fields it sets. Raises ValidationError, by field."""
    found: dict[str, Any] = {}
    errors: dict[str, list[str]] = {}
    for name, value in values.items():
        field: Any = model._meta.get_field(name)
        try:
            found[name] = field.formfield().clean(value)
        except ValidationError as error:
            errors[name] = error.messages
    if errors:
        raise ValidationError(errors)
    return found


def same(field: models.Field[Any, Any], held: Any, meant: Any) -> bool:
    """Say whether a record already holds what a cell means."""
    if isinstance(field, ArrayField):
        return [_text(each) for each in held or []] == [_text(each) for each in meant or []]
    if isinstance(held, str):
        return _text(held) == (meant or "")
    if isinstance(held, datetime) and isinstance(meant, datetime):
        return held.replace(microsecond=0) == meant.replace(microsecond=0)
    return bool(held == meant)


def shown(field: models.Field[Any, Any], value: Any) -> str:
    """Return a value as a person reads it in the dry run."""
    if value is None or value in ("", []):
        return "empty"
    if field.choices:
        return str(dict(field.flatchoices).get(value, value))
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, datetime | date):
        return value.isoformat()
    if isinstance(value, Iterable) and not isinstance(value, str):
        return ", ".join(str(each) for each in value)
    return str(value)[:500]
