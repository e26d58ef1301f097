"""Tokens of service accounts, made by an operator."""

from __future__ import annotations

import argparse
import json
from typing import Any

import pytest

from remit.cli import django_setup, token
from remit.cli.errors import CommandError
from remit.kernel.identity import tokens
from remit.kernel.identity.models import ApiToken
from tests.conftest import Cast, being


@pytest.fixture
def remit_token(cast: Cast, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Any:
    """Run the command in this process, over the tests' own database, and return what it printed."""
    monkeypatch.setattr(django_setup, "django_setup", lambda: None)
    parser = argparse.ArgumentParser()
    token.add_arguments(parser)

    def run(*words: str) -> str:
        assert token.run(parser.parse_args(words)) == 0
        return capsys.readouterr().out

    return run


NEW = ("--name", "nightly", "--owner", "carol@remit.example", "--role", "analyst", "--unit", "COM")


def test_a_token_is_made_with_its_account_listed_and_revoked(remit_token: Any) -> None:
    secret = remit_token("add", "Scan upload", *NEW, "--write", "--kind", "imports", "--days", "30").strip()
    held = tokens.present(secret)
    assert held is not None
    assert (held.user.name, held.scope.writes, held.scope.kinds) == ("Scan upload", True, frozenset({"ingest.import"}))
    [listed] = json.loads(remit_token("list", "--json"))
    assert (listed["account"], listed["owner"], listed["revoked"]) == ("Scan upload", "carol@remit.example", False)
    assert secret not in remit_token("list")
    assert "refused from now on" in remit_token("revoke", str(listed["token"]))
    assert tokens.present(secret) is None


def test_another_token_is_made_for_the_account_that_is_there(remit_token: Any) -> None:
    for _ in range(2):
        remit_token("add", "Scan upload", *NEW)
    with being(None):
        assert ApiToken.objects.values("user").distinct().count() == 1


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (("add", "Nobody", "--name", "n"), "no service account"),
        (("add", "X", *NEW, "--kind", "unicorns"), "no type of record"),
        (("add", "X", *NEW, "--days", "367"), "1 to 366 days"),
        (("add", "X", *NEW[:-1], "nowhere"), "no unit"),
        (("add", "X", "--name", "n", "--owner", "x@remit.example", "--role", "analyst"), "no person"),
        (("add", "X", "--name", "n", "--owner", "bob@remit.example", "--role", "administrator"), "never"),
        (("revoke", "7"), "no token"),
        (("revoke", "x"), "no token"),
    ],
)
def test_what_is_wrong_is_said_and_nothing_is_made(words: tuple[str, ...], said: str, remit_token: Any) -> None:
    with pytest.raises(CommandError, match=said) as refused:
        remit_token(*words)
    assert refused.value.remedy
    with being(None):
        assert not ApiToken.objects.exists()
