"""The key ring: keys wrapped by key-encryption keys that are not in the database."""

from __future__ import annotations

import base64
import json
import os
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

from remit.cli import keys as command
from remit.kernel.keys import folder, ring, rotation, wrapping
from remit.kernel.keys.models import RingKey
from remit.kernel.keys.vault import VaultKeys
from remit.kernel.keys.wrapping import KeyRefusedError
from remit.kernel.sealing import SealedTextField, is_former, place, seal, unseal
from tests.conftest import being
from tests.kernel.vault_server import TOKEN, Transit


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


# Several providers, and moving from one to another.


@pytest.fixture
def transit() -> Iterator[Transit]:
    server = Transit()
    yield server
    server.shutdown()
    server.server_close()


def vault(server: Transit, **values: str) -> VaultKeys:
    return VaultKeys(**{"address": server.address, "token": TOKEN, "key": "remit", **values})


def test_vault_wraps_rewraps_and_unwraps(transit: Transit) -> None:
    held = vault(transit)
    wrapped = held.wrap(b"k" * 32, "here")
    assert (wrapped.by, held.current) == ("vault-remit-v1", "vault-remit-v1")
    assert held.make() == "vault-remit-v2"
    again = held.rewrap(wrapped, "here")
    assert again.by == "vault-remit-v2"
    assert held.unwrap(wrapped, "here") == held.unwrap(again, "here") == b"k" * 32
    assert held.names() == ("vault-remit-v2", "vault-remit-v1")
    assert "min_decryption_version=2" in held.retire("vault-remit-v1")
    with pytest.raises(KeyRefusedError, match="belongs elsewhere"):
        held.unwrap(again, "there")


@pytest.mark.parametrize(
    ("values", "remedy"),
    [
        ({"token": "s.another"}, "policy"),
        ({"key": "nothing"}, "Make the key"),
        ({"address": "http://127.0.0.1:9"}, "does not answer"),
        ({"address": "http://vault.example:8200"}, "https"),
        ({"token": ""}, "REMIT_VAULT_TOKEN"),
    ],
)
def test_what_is_wrong_with_vault_is_said(transit: Transit, values: dict[str, str], remedy: str) -> None:
    with pytest.raises(KeyRefusedError, match=remedy):
        vault(transit, **values).wrap(b"k" * 32, "here")


def test_a_sealed_vault_is_to_be_unsealed(transit: Transit) -> None:
    transit.sealed = True
    with pytest.raises(KeyRefusedError, match="Unseal Vault"):
        vault(transit).wrap(b"k" * 32, "here")


def test_a_key_that_another_process_made_is_seen(keys: Path) -> None:
    here, there = folder.from_folder(keys), folder.from_folder(keys)
    made = there.make()
    assert here.current == made
    assert here.unwrap(there.wrap(b"k" * 32, "here"), "here") == b"k" * 32
    (keys / "current").unlink()
    with pytest.raises(KeyRefusedError, match="cannot be read"):
        assert here.current


def test_opened_keys_are_remembered_shortly(db: None, settings: Any, transit: Transit) -> None:
    settings.KEY_PROVIDER, settings.VAULT = "vault", {**settings.VAULT, "address": transit.address, "token": TOKEN}
    ring.forget()
    for _ in range(3):
        ring.signing_key()
    assert transit.asked.count("decrypt/remit") == 1


def test_a_provider_there_is_not_is_named(settings: Any) -> None:
    settings.KEY_PROVIDER = "pocket"
    with pytest.raises(KeyRefusedError, match="pocket"):
        ring.provider()


def names_in_use() -> set[str]:
    return set(rotation.in_use())


def test_rotation_moves_every_key_from_provider_to_provider(db: None, settings: Any, transit: Transit) -> None:
    before = ring.signing_key()
    secret = seal("open sesame", "door")
    made = rotation.rotate()
    assert made.made == ring.provider().current
    assert names_in_use() == {made.made}
    settings.KEY_IN_ENVIRONMENT = base64.b64encode(os.urandom(32)).decode()
    ring.forget()
    assert (moved := rotation.rotate()).made == ""
    assert (moved.wrapped, names_in_use()) == (2, {moved.current})
    assert moved.current.startswith("environment-")
    settings.KEY_PROVIDER, settings.VAULT = "vault", {**settings.VAULT, "address": transit.address, "token": TOKEN}
    ring.forget()
    rotation.rotate()
    assert names_in_use() == {"vault-remit-v1"}
    rotation.rotate()
    assert names_in_use() == {"vault-remit-v2"}
    after = ring.signing_key()
    assert (after.name, after.public) == (before.name, before.public)
    assert unseal(secret, "door") == "open sesame"


def test_a_key_from_the_environment_is_not_ours_to_make(db: None, settings: Any) -> None:
    settings.KEY_IN_ENVIRONMENT = base64.b64encode(os.urandom(32)).decode()
    ring.forget()
    ring.signing_key()
    with pytest.raises(KeyRefusedError, match="REMIT_FORMER_KEYS"):
        rotation.rotate()


def test_a_key_is_retired_only_when_nothing_names_it(db: None, keys: Path) -> None:
    ring.signing_key()
    old = ring.provider().current
    with pytest.raises(KeyRefusedError, match="rotate"):
        rotation.retire(old)
    rotation.rotate()
    assert "retired" in rotation.retire(old)
    assert (keys / "retired" / f"{old}.key").exists()
    assert not rotation.problems(every=True)
    assert [(k.at_hand, k.current, k.wraps) for k in rotation.listed()] == [(True, True, 1)]


def test_what_cannot_be_opened_is_found(db: None, keys: Path) -> None:
    ring.signing_key()
    name = ring.provider().current
    assert not rotation.problems()
    for path in keys.iterdir():
        path.unlink()
    ring.forget()
    (problem,) = rotation.problems()
    assert name in problem.message
    assert [(k.at_hand, k.wraps) for k in rotation.listed() if k.name == name] == [(False, 1)]


# Secrets in the database.


def test_a_secret_opens_only_in_its_place(db: None) -> None:
    sealed = seal("open sesame", place("webhook", 7, "secret"))
    assert "sesame" not in sealed
    assert unseal(sealed, place("webhook", 7, "secret")) == "open sesame"
    for elsewhere in (place("webhook", 8, "secret"), place("webhook", 7, "other"), place("provider", 7, "secret")):
        with pytest.raises(InvalidTag):
            unseal(sealed, elsewhere)


def test_what_was_sealed_before_can_be_read(db: None) -> None:
    former = former_seal("seed", "mfa")
    assert is_former(former)
    assert unseal(former, "mfa") == "seed"
    assert not is_former(seal("seed", "mfa"))


def former_seal(text: str, purpose: str) -> str:
    from cryptography.hazmat.primitives.ciphers.aead import AESGCM
    from cryptography.hazmat.primitives.hashes import SHA256
    from cryptography.hazmat.primitives.kdf.hkdf import HKDF
    from django.conf import settings

    key = HKDF(algorithm=SHA256(), length=32, salt=None, info=f"remit.seal.{purpose}".encode()).derive(
        settings.SECRET_KEY.encode()
    )
    nonce = os.urandom(12)
    return base64.b64encode(nonce + AESGCM(key).encrypt(nonce, text.encode(), purpose.encode())).decode()


@pytest.fixture
def door(db: None) -> Any:
    """A model with a sealed field, and its table for as long as the test's transaction lasts."""
    from django.db import connection, models
    from django.test.utils import isolate_apps

    with isolate_apps("remit.kernel"):

        class Door(models.Model):
            name = models.CharField(max_length=20)
            password = SealedTextField(blank=True)

            class Meta:
                app_label = "kernel"
                db_table = "test_door"

    with connection.cursor() as cursor:
        cursor.execute("create temporary table test_door (id bigserial primary key, name text, password text)")
    return Door


def test_a_sealed_field_is_plain_in_python_and_sealed_in_the_table(door: Any) -> None:
    from django.db import connection

    made = door.objects.create(name="front", password="open sesame")
    empty = door.objects.create(name="back")
    with connection.cursor() as cursor:
        cursor.execute("select password from test_door order by id")
        (stored, nothing) = (row[0] for row in cursor.fetchall())
    assert stored.startswith("r")
    assert "sesame" not in stored
    assert nothing == ""
    assert door.objects.get(pk=made.pk).password == made.password == "open sesame"
    assert door.objects.defer("password").get(pk=made.pk).password == "open sesame"
    assert door.objects.get(pk=empty.pk).password == ""
    again = door.objects.get(pk=made.pk)
    again.name = "side"
    again.save()
    assert door.objects.get(pk=made.pk).password == "open sesame"
    again.password = stored  # what a person types is a text, whatever it looks like
    again.save()
    assert door.objects.get(pk=made.pk).password == stored


def test_a_sealed_field_moved_to_another_row_does_not_open(door: Any) -> None:
    from django.db import connection

    first = door.objects.create(name="front", password="open sesame")
    second = door.objects.create(name="back", password="swordfish")
    with connection.cursor() as cursor:
        cursor.execute(
            "update test_door set password = (select password from test_door where id = %s) where id = %s",
            [first.pk, second.pk],
        )
    moved = door.objects.get(pk=second.pk)
    assert moved.name == "back"
    with pytest.raises(InvalidTag):
        assert moved.password


# The command.


def test_the_command_lists_rotates_retires_and_checks(db: None, keys: Path, capsys: Any) -> None:
    ring.signing_key()
    old = ring.provider().current
    command._rotate()
    new = ring.provider().current
    assert f"{new} was made. 1 keys are wrapped by {new}." in capsys.readouterr().out
    command._list(as_json=True)
    assert json.loads(capsys.readouterr().out) == [
        {"name": new, "at_hand": True, "current": True, "wraps": 1},
        {"name": old, "at_hand": True, "current": False, "wraps": 0},
    ]
    command._retire(old)
    command._list(as_json=False)
    shown = capsys.readouterr().out
    assert f"{old}.key was moved" in shown
    assert shown.splitlines()[-1].split() == ["in", "use", new, "1", "keys"]
    assert command._check(every=True) == 0
    (keys / f"{new}.key").unlink()
    ring.forget()
    assert command._check(every=False) == 1
    assert f"{new}.key is missing" in capsys.readouterr().out


def test_a_missing_key_is_said_on_the_command_line(capsys: Any) -> None:
    from remit.cli import report

    assert report(KeyRefusedError("The key is missing.", "Put it back.")) == 1
    assert capsys.readouterr().err == "remit: The key is missing.\n       Put it back.\n"
