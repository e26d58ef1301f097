"""Sealing of small secrets in the database: AES-256-GCM under a key of the ring, bound to table, row and field.

What was sealed before there was a key ring, under a key derived from the installation's secret key, can still be read.
"""

from __future__ import annotations

import base64
import os
import re
from typing import Any

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF
from django.conf import settings
from django.core.exceptions import ImproperlyConfigured
from django.db import connection, models
from django.db.models.signals import pre_save

from remit.kernel.keys import ring

_SEALED = re.compile(r"r(\d{1,18})\.([A-Za-z0-9+/]+={0,2})")
"""The number of the key in the ring, a point, and nonce, ciphertext and tag in base64."""


def seal(text: str, purpose: str) -> str:
    """Encrypt `text`; it can be read again only for the same purpose. KeyRefusedError where the key is not at hand."""
    number, key = ring.secret_key()
    nonce = os.urandom(12)
    sealed = nonce + AESGCM(key).encrypt(nonce, text.encode(), purpose.encode())
    return f"r{number}.{base64.b64encode(sealed).decode()}"


def unseal(sealed: str, purpose: str) -> str:
    """Decrypt what `seal` returned.

    InvalidTag if it was changed or sealed for something else; KeyRefusedError where the key is not at hand.
    """
    if (found := _SEALED.fullmatch(sealed)) is None:
        return _unseal_former(sealed, purpose)
    raw = base64.b64decode(found[2])
    if len(raw) < 12:
        raise InvalidTag
    return AESGCM(ring.secret_key(int(found[1]))[1]).decrypt(raw[:12], raw[12:], purpose.encode()).decode()


def is_former(sealed: str) -> bool:
    """Say whether a secret is sealed as it was before there was a key ring; sealing it again mends that."""
    return _SEALED.fullmatch(sealed) is None


def place(table: str, row: object, field: str) -> str:
    """Name the one place a secret is for, as the purpose of `seal` and `unseal`."""
    return f"{table} {row} {field}"


class SealedTextField(models.TextField[str, str]):
    """A text that is stored sealed, bound to its table, row and column.

    The attribute is the text itself: it is sealed as the row is saved, and opened when it is first read (InvalidTag,
    KeyRefusedError), so that lists that do not read it cost nothing. Empty stays empty. It is saved row by row, not by
    `bulk_create` or `update`; name the column as secret where its table is on the ledger.
    """

    def contribute_to_class(self, cls: type[models.Model], name: str, private_only: bool = False) -> None:
        super().contribute_to_class(cls, name, private_only)
        setattr(cls, name, _SealedText(self))
        if not cls._meta.abstract:
            pre_save.connect(_number_row, sender=cls, dispatch_uid=f"sealed {cls.__module__}.{cls.__qualname__}")

    def place(self, instance: models.Model) -> str:
        if instance.pk is None:
            raise ImproperlyConfigured(f"{type(instance).__name__} is sealed row by row: save it by itself.")
        return place(instance._meta.db_table, instance.pk, self.column or self.attname)

    def from_db_value(self, value: str | None, expression: object, connection: object) -> _Stored:
        return _Stored(value or "")

    def pre_save(self, model_instance: models.Model, add: bool) -> str:
        held = model_instance.__dict__.get(self.attname) or ""
        if held and not isinstance(held, _Stored):
            held = seal(held, self.place(model_instance))
        return str(held)


class _Stored(str):
    """A text as the database holds it, to be told from one that somebody sets."""

    __slots__ = ()


class _SealedText:
    """What reading and setting the attribute does; the instance holds what the database does until it is read."""

    def __init__(self, field: SealedTextField) -> None:
        self.field = field

    def __get__(self, instance: models.Model | None, owner: type[models.Model]) -> Any:
        if instance is None:
            return self
        name = self.field.attname
        if name not in instance.__dict__:
            instance.refresh_from_db(fields=[name])
        held = instance.__dict__[name]
        if held and isinstance(held, _Stored):
            instance.__dict__[name] = held = unseal(held, self.field.place(instance))
        return str(held or "")

    def __set__(self, instance: models.Model, value: str | None) -> None:
        instance.__dict__[self.field.attname] = value or ""


def _number_row(sender: type[models.Model], instance: models.Model, **_: Any) -> None:
    """Give a new row its key before it is saved: what is sealed is bound to it."""
    if instance.pk is None:
        with connection.cursor() as cursor:
            cursor.execute("select nextval(pg_get_serial_sequence(%s, %s))", (sender._meta.db_table, "id"))
            instance.pk = cursor.fetchone()[0]


def _unseal_former(sealed: str, purpose: str) -> str:
    raw = base64.b64decode(sealed)
    key = HKDF(algorithm=SHA256(), length=32, salt=None, info=f"remit.seal.{purpose}".encode()).derive(
        settings.SECRET_KEY.encode()
    )
    return AESGCM(key).decrypt(raw[:12], raw[12:], purpose.encode()).decode()
