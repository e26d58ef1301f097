"""The key ring: keys wrapped by key-encryption keys that are not in the database."""

from __future__ import annotations

import base64
import os
from pathlib import Path
from typing import Any

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

from remit.kernel.keys import folder, ring, wrapping
from remit.kernel.keys.models import RingKey
from remit.kernel.keys.wrapping import KeyRefusedError
from tests.conftest import being


@pytest.fixture(autouse=True)
def keys(settings: Any, tmp_path: Path) -> Any:
    settings.KEYS_DIR = tmp_path / "keys"
    ring.forget()
    yield tmp_path / "keys"
    ring.forget()


def test_the_first_key_file_is_made_for_this_account_only(keys: Path) -> None:
    held = folder.from_folder(keys)
    again = folder.from_folder(keys)
    assert held.current == again.current
    assert again.unwrap(held.wrap(b"k" * 32, "here"), "here") == b"k" * 32
    assert [oct(path.stat().st_mode & 0o777) for path in sorted(keys.iterdir())] == ["0o600", "0o600"]
    assert oct(keys.stat().st_mode & 0o777) == "0o700"


def test_a_wrapped_key_opens_only_where_it_belongs(keys: Path) -> None:
    held = folder.from_folder(keys)
    with pytest.raises(KeyRefusedError, match="belongs elsewhere"):
        held.unwrap(held.wrap(b"k" * 32, "here"), "there")


def test_a_lost_key_file_is_named(keys: Path) -> None:
    name = folder.from_folder(keys).current
    (keys / f"{name}.key").unlink()
    with pytest.raises(KeyRefusedError, match=name):
        folder.from_folder(keys)


@pytest.mark.parametrize("text", ["short", base64.b64encode(b"x" * 31).decode(), "ä" * 44])
def test_a_text_that_is_no_key_is_refused(text: str) -> None:
    with pytest.raises(KeyRefusedError, match="32 random bytes"):
        wrapping.from_environment(text)


def test_former_keys_open_what_they_wrapped() -> None:
    first, second = (base64.b64encode(os.urandom(32)).decode() for _ in range(2))
    wrapped = wrapping.from_environment(first).wrap(b"k" * 32, "here")
    assert wrapping.from_environment(second, first).unwrap(wrapped, "here") == b"k" * 32
    with pytest.raises(KeyRefusedError, match="not here"):
        wrapping.from_environment(second).unwrap(wrapped, "here")


def test_a_signing_key_is_made_once_and_kept_wrapped(db: None) -> None:
    made, again = ring.signing_key(), ring.signing_key()
    Ed25519PublicKey.from_public_bytes(made.public).verify(again.private.sign(b"text"), b"text")
    with being(None):
        stored = RingKey.objects.get()
        assert made.private.private_bytes_raw() not in bytes(stored.wrapped)
    assert ring.public_keys() == [(made.name, made.public)]


def test_nobody_but_the_system_sees_the_ring(alice: Any) -> None:
    ring.signing_key()
    with being(alice):
        assert not RingKey.objects.exists()
