"""`remit user grant`, `revoke` and `groups`: what they do, and what they say when they cannot."""

from __future__ import annotations

import argparse
import json
from datetime import timedelta
from typing import Any

import pytest

from remit.cli import user, user_grants
from remit.cli.errors import CommandError
from remit.kernel.access.models import Engagement, Grant, Group
from tests.conftest import Cast, being, engaged

ACTIONS = {"grant": user_grants.give, "revoke": user_grants.revoke, "groups": user_grants.groups, "list": user._list}


def remit_user(*words: Any) -> None:
    parser = argparse.ArgumentParser()
    user.add_arguments(parser)
    arguments = parser.parse_args([str(word) for word in words])
    with being(None):
        ACTIONS[arguments.action](arguments)


def held(person: Any) -> set[tuple[str, str, str]]:
    with being(None):
        rows = Grant.objects.filter(user=person).values_list("role", "unit__code", "expires_on")
        return {(role, code, str(until or "")) for role, code, until in rows}


def test_a_role_is_given_until_a_day_and_taken_back(cast: Cast, capsys: Any) -> None:
    until = user_grants.today() + timedelta(days=9)
    remit_user("grant", "EVE@remit.example", "owner", "--unit", "COM", "--until", until)
    assert held(cast.eve) == {("employee", "sib", ""), ("owner", "com", str(until))}
    assert f"Eve Test is owner of com until {until}." in capsys.readouterr().out
    remit_user("grant", cast.eve.email, "owner", "--unit", "com")
    assert ("owner", "com", "") in held(cast.eve)
    remit_user("revoke", cast.eve.email, "owner", "--unit", "com")
    assert held(cast.eve) == {("employee", "sib", "")}
    with pytest.raises(CommandError, match="is not owner of com"):
        remit_user("revoke", cast.eve.email, "owner", "--unit", "com")


def test_an_auditor_is_given_an_engagement(cast: Cast) -> None:
    until = user_grants.today() + timedelta(days=9)
    with pytest.raises(CommandError, match="belongs to an engagement") as refused:
        remit_user("grant", cast.eve.email, "auditor", "--unit", "com")
    assert refused.value.remedy == "Name it with --engagement."
    with pytest.raises(CommandError, match="needs a last day"):
        remit_user("grant", cast.eve.email, "auditor", "--unit", "com", "--engagement", "SOC 2")
    for person in (cast.eve, cast.carol):
        remit_user(
            "grant", person.email, "auditor", "--unit", "com", "--engagement", "SOC 2", "--until", until
        )  # fmt: skip
    with being(None):
        assert Engagement.objects.get(title="SOC 2").grants.count() == 2
    remit_user("revoke", cast.eve.email, "auditor", "--unit", "com", "--engagement", "SOC 2")
    assert held(cast.eve) == {("employee", "sib", "")}


def test_a_group_is_made_filled_renamed_and_emptied(cast: Cast, capsys: Any) -> None:
    remit_user("groups", "Desk", "--unit", "com", "--fill", cast.eve.email, cast.carol.email)
    remit_user("grant", "Desk", "analyst", "--unit", "team")
    remit_user("groups", "Desk", "--rename", "Front desk", "--take-out", cast.carol.email)
    capsys.readouterr()
    remit_user("groups", "--json")
    assert json.loads(capsys.readouterr().out) == [
        {"group": "Front desk", "unit": "com", "people": [cast.eve.email], "roles": ["analyst of team"]}
    ]
    remit_user("list", "--json")
    people = {person["email"]: person["roles"] for person in json.loads(capsys.readouterr().out)}
    assert people[cast.eve.email] == ["employee of sib", "analyst of team by Front desk"]
    remit_user("groups", "Front desk", "--empty")
    with being(None):
        assert not Group.objects.get().members.exists()


def test_what_is_over_is_listed_as_ended(cast: Cast, capsys: Any) -> None:
    yesterday = user_grants.today() - timedelta(days=1)
    with being(None):
        audit = engaged(cast.company, title="Old", ends_on=yesterday)
        Grant.objects.create(user=cast.eve, role="auditor", unit=cast.company, engagement=audit)
    remit_user("list")
    assert f"auditor of com in Old ended {yesterday}" in capsys.readouterr().out


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (("grant", "nobody@remit.example", "owner"), "no person"),
        (("grant", "Nobody", "owner"), "no group"),
        (("grant", "eve@remit.example", "emperor"), "no role"),
        (("grant", "eve@remit.example", "owner", "--unit", "x"), "no unit"),
        (("groups", "Desk", "--fill", "nobody@remit.example"), "no person"),
    ],
)
def test_what_is_not_there_is_told_and_nothing_done(words: tuple[str, ...], said: str, cast: Cast) -> None:
    with pytest.raises(CommandError, match=said):
        remit_user(*words)
    assert not Group.objects.exists()
    assert held(cast.eve) == {("employee", "sib", "")}


@pytest.mark.parametrize(("day", "said"), [("soon", "no day"), ("2001-01-01", "is past")])
def test_a_wrong_last_day_is_told(day: str, said: str, cast: Cast, capsys: Any) -> None:
    with pytest.raises(SystemExit):
        remit_user("grant", "eve@remit.example", "owner", "--until", day)
    assert said in capsys.readouterr().err
