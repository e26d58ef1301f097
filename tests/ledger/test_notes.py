"""Signed notes and checkpoints, against what their definitions give when computed by hand."""

from __future__ import annotations

import base64
from datetime import UTC, datetime
from hashlib import sha256

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey
from hypothesis import given, settings
from hypothesis import strategies as st

from remit.kernel.ledger.notes import (
    Checkpoint,
    NoteRejected,
    SignatureRejected,
    SignerUnknown,
    Verifier,
    opened,
    opened_checkpoint,
    signed,
    text_of,
    verifier,
)

from .house import KEY, ORIGIN, OTHER_KEY, VERIFIER

CHECKPOINT = Checkpoint(ORIGIN, 1000, sha256(b"root").digest(), datetime(2026, 3, 2, 9, 41, 7, tzinfo=UTC))
NOTE = signed(CHECKPOINT.text(), ORIGIN, KEY)


def test_a_checkpoint_is_laid_out_as_tlog_checkpoint_has_it() -> None:
    assert CHECKPOINT.text() == (
        f"{ORIGIN}\n1000\n{base64.b64encode(sha256(b'root').digest()).decode()}\ntime 2026-03-02T09:41:07Z\n"
    )
    assert Checkpoint.parse(CHECKPOINT.text()) == CHECKPOINT


def test_a_note_is_signed_as_signed_note_has_it() -> None:
    """RFC 8032 section 7.1, test 1, is the key; everything else by the definition."""
    key = Ed25519PrivateKey.from_private_bytes(
        bytes.fromhex("9d61b19deffd5a60ba844af492ec2cc44449c5697b326919703bac031cae7f60")
    )
    public = bytes.fromhex("d75a980182b10ab7d54bfed3c964073a0ee172f3daa62325af021a68f707511a")
    key_id = sha256(b"log.example" + b"\x0a" + b"\x01" + public).digest()[:4]
    text = "log.example\n0\n" + base64.b64encode(sha256(b"").digest()).decode() + "\n"
    note = signed(text, "log.example", key)
    said, line = note[: len(text)], note[len(text) :]
    assert said == text
    assert line.startswith("\n\N{EM DASH} log.example ")
    assert line.endswith("\n")
    raw = base64.b64decode(line.split(" ")[2])
    assert raw[:4] == key_id
    Ed25519PublicKey.from_public_bytes(public).verify(raw[4:], text.encode())
    expected = f"log.example+{key_id.hex()}+{base64.b64encode(bytes([1]) + public).decode()}"
    assert str(verifier("log.example", key)) == expected
    assert Verifier.parse(expected + "\n") == verifier("log.example", key)


def test_what_is_signed_is_opened_by_its_key_alone() -> None:
    assert opened_checkpoint(NOTE, [VERIFIER]) == CHECKPOINT
    with pytest.raises(SignerUnknown, match="none of the keys"):
        opened(NOTE, [verifier(ORIGIN, OTHER_KEY)])
    with pytest.raises(SignerUnknown):
        opened(NOTE, [])


def test_signatures_by_unknown_keys_are_passed_over() -> None:
    both = NOTE + signed(CHECKPOINT.text(), "witness.example", OTHER_KEY).rpartition("\n\n")[2]
    witness = verifier("witness.example", OTHER_KEY)
    assert opened(both, [VERIFIER])[1] == (VERIFIER,)
    assert opened(both, [witness])[1] == (witness,)
    assert opened(both, [VERIFIER, witness])[1] == (VERIFIER, witness)


def test_other_lines_of_a_checkpoint_are_passed_over() -> None:
    assert Checkpoint.parse(CHECKPOINT.text() + "more to come\n").size == 1000
    assert Checkpoint.parse("\n".join(CHECKPOINT.text().split("\n")[:3]) + "\n").at is None


@settings(deadline=None)
@given(st.integers(0, len(NOTE) - 1), st.characters(codec="utf-8"))
def test_a_note_of_which_a_character_was_changed_is_refused_or_says_the_same(place: int, character: str) -> None:
    changed = NOTE[:place] + character + NOTE[place + 1 :]
    try:
        assert opened(changed, [VERIFIER])[0] == CHECKPOINT.text()
    except NoteRejected:
        return
    assert changed == NOTE


@settings(deadline=None)
@given(st.text(max_size=200) | st.text("\n— abc=+/A0 ", max_size=200))
def test_any_text_is_a_note_or_refused(text: str) -> None:
    for read in (
        lambda: opened_checkpoint(text, [VERIFIER]),
        lambda: Checkpoint.parse(text),
        lambda: Verifier.parse(text),
    ):
        with pytest.raises(NoteRejected):
            read()


@pytest.mark.parametrize(
    ("old", "new", "says"),
    [
        ("1000\n", "01000\n", "decimal"),
        ("1000\n", "-1\n", "decimal"),
        ("1000\n", "ten\n", "decimal"),
        ("1000\n", "9" * 30 + "\n", "decimal"),
        (ORIGIN, "", "origin"),
        ("time 2026-03-02T09:41:07Z", "time yesterday", "time"),
        (base64.b64encode(CHECKPOINT.root).decode(), "AAAA", "root"),
        (base64.b64encode(CHECKPOINT.root).decode(), "?", "root"),
    ],
)
def test_a_malformed_checkpoint_says_what_is_wrong(old: str, new: str, says: str) -> None:
    with pytest.raises(NoteRejected, match=says):
        Checkpoint.parse(CHECKPOINT.text().replace(old, new, 1))


@pytest.mark.parametrize(
    "note",
    [
        "",
        "text\n",
        NOTE.rstrip("\n"),
        NOTE.replace("—", "-"),
        NOTE + "— x AAAA\n",
        "\ud800\n\n— x AAAA\n",
        "a\r\n" + NOTE,
    ],
)
def test_a_malformed_note_is_refused(note: str) -> None:
    with pytest.raises(NoteRejected):
        text_of(note)


def test_a_false_signature_is_not_an_unknown_one() -> None:
    with pytest.raises(SignatureRejected) as refused:
        opened(NOTE.replace("\n1000\n", "\n1001\n"), [VERIFIER])
    assert not isinstance(refused.value, SignerUnknown)


def test_a_key_whose_id_is_not_its_own_is_refused() -> None:
    with pytest.raises(NoteRejected, match="has the id"):
        Verifier.parse(str(VERIFIER).replace(VERIFIER.key_id.hex(), "00000000"))


@pytest.mark.parametrize(
    ("text", "name"), [("no newline", ORIGIN), ("a\tb\n", ORIGIN), ("a\n", "two words"), ("a\n", "a+b")]
)
def test_what_is_no_note_is_not_signed(text: str, name: str) -> None:
    with pytest.raises(NoteRejected):
        signed(text, name, KEY)
