"""People and access on the page: what those who administer may do, to whom, where; and that everybody else may not."""

from __future__ import annotations

import re
import time
from typing import Any

import pytest
from django.db import transaction
from django.test import Client
from django.utils import timezone

from remit.kernel import actor
from remit.kernel.access.models import Grant, Group, Unit, User
from remit.kernel.access.roles import ROLES
from remit.kernel.access.services import grant, invite
from remit.kernel.identity import services, tokens
from remit.kernel.outbox import feeds
from tests.conftest import Cast, being, engaged, signed_in, the_grant

MISSING = 999_999


def confirmed(person: Any) -> Client:
    """Return a browser of somebody who has just typed their password again."""
    client = signed_in(person)
    session = client.session
    session["account_authentication_methods"] = [{"method": "password", "at": time.time(), "reauthenticated": True}]
    session.save()
    return client


def person_with(role: str, unit: Unit, name: str = "Paula") -> User:
    with being(None):
        audit = engaged(unit) if role == "auditor" else None
        return invite(email=f"{name.lower()}@remit.example", name=name, role=role, unit=unit, engagement=audit)


def roles_of(person: User) -> set[tuple[str, str]]:
    with being(None):
        return set(Grant.objects.filter(user=person).values_list("role", "unit__code"))


def invitation(cast: Cast, **values: Any) -> dict[str, Any]:
    return {"email": "nina@remit.example", "name": "Nina Test", "role": "owner", "unit_id": cast.company.pk, **values}


def test_inviting_shows_a_link_that_works_once(cast: Cast) -> None:
    reply = confirmed(cast.alice).post("/access/invite/", invitation(cast, title="Clerk", expires_on="2199-01-31"))
    assert reply.status_code == 200
    assert "no-store" in reply["Cache-Control"]
    nina = User.objects.get(email="nina@remit.example")
    assert (nina.name, nina.title, nina.is_active) == ("Nina Test", "Clerk", True)
    assert str(the_grant(user=nina).expires_on) == "2199-01-31"
    found = re.search(r"http://testserver(/welcome/[^<\s]+)", reply.content.decode())
    assert found
    newcomer = Client()
    password = {"password1": "a sentence to keep", "password2": "a sentence to keep"}
    assert newcomer.post(found[1], password).status_code == 302
    assert Client().get(found[1]).status_code == 410


def test_somebody_known_gets_the_role_and_no_link(cast: Cast) -> None:
    reply = confirmed(cast.alice).post("/access/invite/", invitation(cast, email="Eve@Remit.example", name="Other"))
    assert reply.status_code == 302
    cast.eve.refresh_from_db()
    assert cast.eve.name == "Eve Test"
    assert roles_of(cast.eve) == {("employee", "sib"), ("owner", "com")}


@pytest.mark.parametrize(
    ("wrong", "said"),
    [
        ({"email": "nobody"}, "valid email"),
        ({"name": ""}, "required"),
        ({"role": "emperor"}, "valid choice"),
        ({"unit_id": MISSING}, "valid choice"),
        ({"expires_on": "2001-01-01"}, "past"),
    ],
)
def test_a_wrong_invitation_is_told_beside_the_field(cast: Cast, wrong: dict[str, Any], said: str) -> None:
    reply = confirmed(cast.alice).post("/access/invite/", invitation(cast, **wrong))
    assert reply.status_code == 422
    assert said in reply.content.decode()
    assert not User.objects.filter(name="Nina Test").exists()


def test_granting_and_revoking(cast: Cast) -> None:
    alice = confirmed(cast.alice)
    home = f"/access/people/{cast.eve.pk}/"
    assert alice.post(f"{home}grant/", {"role": "executive", "unit_id": cast.group.pk}).status_code == 302
    assert roles_of(cast.eve) == {("employee", "sib"), ("executive", "grp")}
    held = the_grant(user=cast.eve, role="executive")
    assert f"revoke-{held.pk}" in alice.get(home).content.decode()
    assert alice.post(f"{home}revoke/", {"grant": held.pk}).status_code == 302
    assert roles_of(cast.eve) == {("employee", "sib")}
    for key in (held.pk, MISSING, "x", "", the_grant(user=cast.bob).pk):
        assert alice.post(f"{home}revoke/", {"grant": key}).status_code == 404
    assert alice.post(f"{home}grant/", {"role": "", "unit_id": cast.group.pk}).status_code == 422


def test_disabling_ends_the_session_and_enabling_lets_in_again(cast: Cast) -> None:
    alice, bob = confirmed(cast.alice), signed_in(cast.bob)
    assert bob.get("/inbox/").status_code == 200
    alice.post(f"/access/people/{cast.bob.pk}/disable/")
    assert bob.get("/inbox/").status_code == 302
    assert "may not sign in now" in alice.post(f"/access/people/{cast.bob.pk}/link/", follow=True).content.decode()
    alice.post(f"/access/people/{cast.bob.pk}/enable/")
    cast.bob.refresh_from_db()
    assert signed_in(cast.bob).get("/inbox/").status_code == 200


def test_a_new_link_ends_sessions_and_earlier_links(cast: Cast) -> None:
    alice, bob = confirmed(cast.alice), signed_in(cast.bob)
    links = [
        re.findall(r"/welcome/[^<\s]+", alice.post(f"/access/people/{cast.bob.pk}/link/").content.decode())[0]
        for _ in "12"
    ]
    assert bob.get("/inbox/").status_code == 302
    assert [Client().get(link).status_code for link in links] == [410, 200]


def test_a_new_link_says_what_it_ends_and_ends_tokens_too(cast: Cast, monkeypatch: pytest.MonkeyPatch) -> None:
    """Whoever was in an account in doubt may have made a token there, which outlives every session."""
    noted: list[Any] = []
    monkeypatch.setattr(
        tokens, "note", lambda verb, kind, keys, text: noted.append((verb, *keys, actor.actor().user_id))
    )
    signed_in(cast.bob)
    with being(cast.bob):
        _, secret = tokens.make(cast.bob, name="script")
        link = feeds.renew(cast.bob.pk, timezone.now())
    with being(None):
        program = services.add("Scan", purpose="x", owner=cast.carol, role="analyst", unit=cast.company)
    with actor.acting(cast.carol.pk), transaction.atomic():
        _, kept = tokens.make(program.user, name="nightly")
    alice = confirmed(cast.alice)
    page = alice.get(f"/access/people/{cast.bob.pk}/").content.decode()
    assert "1 session, 1 API token, the calendar link and earlier sign-in links" in page
    assert (
        "1 token that they made for programs goes on" in alice.get(f"/access/people/{cast.carol.pk}/").content.decode()
    )
    assert tokens.present(secret)
    alice.post(f"/access/people/{cast.bob.pk}/link/")
    alice.post(f"/access/people/{cast.carol.pk}/link/")
    assert tokens.present(secret) is None
    assert feeds.read(link) is None
    assert tokens.present(kept), "a program goes on until somebody looks at it"
    assert noted == [("revoke tokens", cast.bob.pk, cast.alice.pk)]


def test_a_change_asks_for_the_password_again(cast: Cast) -> None:
    with being(None):
        cast.alice.set_password("a sentence to keep")
        cast.alice.save()
    alice = signed_in(cast.alice)
    assert alice.get("/access/invite/").status_code == 200
    reply = alice.post(f"/access/people/{cast.eve.pk}/grant/", {"role": "executive", "unit_id": cast.group.pk})
    assert reply["Location"].startswith("/account/reauthenticate/")
    assert roles_of(cast.eve) == {("employee", "sib")}
    alice.post(reply["Location"], {"password": "a sentence to keep"})
    assert ("executive", "grp") in roles_of(cast.eve)


def test_only_who_administers_comes_in(cast: Cast) -> None:
    for person in (cast.bob, cast.carol, cast.dan, cast.eve):
        client = confirmed(person)
        for url in ("", "invite/", f"people/{cast.eve.pk}/", "units/new/", f"units/{cast.group.pk}/"):
            assert client.get(f"/access/{url}").status_code == 403
        for url, data in (
            ("invite/", invitation(cast)),
            (f"people/{person.pk}/grant/", {"role": "head_of_security", "unit_id": cast.company.pk}),
            ("units/new/", {"name": "X", "code": "x", "kind": "company", "parent_id": cast.company.pk}),
        ):
            assert client.post(f"/access/{url}", data).status_code == 403
    assert not User.objects.filter(name="Nina Test").exists()
    with being(None):
        assert not Unit.objects.filter(code="x").exists()


def test_outside_ones_units_nothing_is_there(cast: Cast) -> None:
    """A head of security of one company sees and changes nobody of its sister, and gives nothing there or above."""
    paula = confirmed(person_with("head_of_security", cast.company))
    page = paula.get("/access/").content.decode()
    assert "Bob Test" in page
    assert "Eve Test" not in page
    assert "Meadow Company" not in page.partition("<main")[2]
    hidden, missing = f"/access/people/{cast.eve.pk}/", f"/access/people/{MISSING}/"
    for last in ("", "grant/", "revoke/", "link/", "disable/"):
        replies = [paula.get(url) if not last else paula.post(f"{url}{last}") for url in (hidden, missing)]
        assert [reply.status_code for reply in replies] == [404, 404]
    for unit in (cast.sibling, cast.group):
        assert paula.post("/access/invite/", invitation(cast, unit_id=unit.pk)).status_code == 422
        data = {"role": "analyst", "unit_id": unit.pk}
        assert paula.post(f"/access/people/{cast.bob.pk}/grant/", data).status_code == 422
        assert paula.get(f"/access/units/{unit.pk}/").status_code == 404
        assert (
            paula.post(
                "/access/units/new/", {"name": "X", "code": "x", "kind": "company", "parent_id": unit.pk}
            ).status_code
            == 422
        )
    assert roles_of(cast.bob) == {("analyst", "com")}


def test_a_stronger_account_is_out_of_hand(cast: Cast) -> None:
    """Alice reaches the company from above: Paula sees her there and can neither take her role nor her account."""
    paula = confirmed(person_with("head_of_security", cast.company))
    home = f"/access/people/{cast.alice.pk}/"
    assert "in a unit that you do not administer" in paula.get(home).content.decode()
    held = the_grant(user=cast.alice)
    assert paula.post(f"{home}revoke/", {"grant": held.pk}).status_code == 404
    for deed in ("link", "disable"):
        assert "/welcome/" not in paula.post(f"{home}{deed}/", follow=True).content.decode()
    cast.alice.refresh_from_db()
    assert cast.alice.is_active
    assert roles_of(cast.alice) == {("head_of_security", "grp")}


@pytest.mark.parametrize("role", ["head_of_security", "analyst", "auditor", "executive"])
def test_an_administrator_gives_no_sight_of_security_data(cast: Cast, role: str) -> None:
    """Neither to themselves nor to somebody they invent, nor by a sign-in link to somebody who has it."""
    ada = person_with("administrator", cast.group, "Ada")
    client = confirmed(ada)
    assert client.post("/access/invite/", invitation(cast, role=role)).status_code == 422
    for person in (ada, cast.eve):
        client.post(f"/access/people/{person.pk}/grant/", {"role": role, "unit_id": cast.group.pk})
    held = person_with(role, cast.company, "Held")
    client.post(f"/access/people/{held.pk}/revoke/", {"grant": the_grant(user=held).pk})
    assert "/welcome/" not in client.post(f"/access/people/{held.pk}/link/", follow=True).content.decode()
    client.post(f"/access/people/{held.pk}/disable/")
    held.refresh_from_db()
    assert held.is_active
    assert roles_of(held) == {(role, "com")}
    assert roles_of(ada) == {("administrator", "grp")}
    assert roles_of(cast.eve) == {("employee", "sib")}
    assert client.post(f"/access/people/{cast.carol.pk}/link/").status_code == 200


def test_every_role_that_administers_says_what_it_gives() -> None:
    for role in ROLES.values():
        assert role.administers == bool(role.gives)
        assert role.gives <= {"*", *ROLES}
        seen = {
            name
            for name in ROLES
            if role.may_give(name) and (ROLES[name].figures or max(ROLES[name].levels.values()) > 1)
        }
        assert not seen or role.name == "head_of_security"


def test_nobody_changes_their_own_roles_or_account(cast: Cast) -> None:
    client, home = confirmed(cast.alice), f"/access/people/{cast.alice.pk}/"
    page = client.get(home).content.decode()
    assert "Give a role" not in page
    client.post(f"{home}grant/", {"role": "owner", "unit_id": cast.team.pk})
    client.post(f"{home}revoke/", {"grant": the_grant(user=cast.alice).pk})
    client.post(f"{home}disable/")
    assert "/welcome/" not in client.post(f"{home}link/", follow=True).content.decode()
    cast.alice.refresh_from_db()
    assert cast.alice.is_active
    assert roles_of(cast.alice) == {("head_of_security", "grp")}


def test_the_last_head_of_security_stays(cast: Cast) -> None:
    """A second head whose role ends on a day does not count as one who stays."""
    with being(None):
        paula = invite(email="paula@remit.example", name="Paula", role="head_of_security", unit=cast.group)
        grant(user=paula, role="head_of_security", unit=cast.group, expires_on="2199-01-31")  # type: ignore[arg-type]
    client, home = confirmed(paula), f"/access/people/{cast.alice.pk}/"
    client.post(f"{home}revoke/", {"grant": the_grant(user=cast.alice).pk})
    client.post(f"{home}grant/", {"role": "head_of_security", "unit_id": cast.group.pk, "expires_on": "2199-01-31"})
    reply = client.post(f"{home}disable/", follow=True)
    assert "last head of security" in reply.content.decode()
    cast.alice.refresh_from_db()
    assert cast.alice.is_active
    assert the_grant(user=cast.alice).expires_on is None
    with being(None):
        grant(user=paula, role="head_of_security", unit=cast.group)
    client.post(f"{home}disable/")
    cast.alice.refresh_from_db()
    assert not cast.alice.is_active


def test_a_role_by_a_group_is_shown_and_taken_from_the_group(cast: Cast) -> None:
    with being(None):
        circle = Group.objects.create(name="Auditors")
        circle.members.add(cast.eve)
        held = Grant.objects.create(group=circle, role="auditor", unit=cast.group, engagement=engaged(cast.group))
    client, home = confirmed(cast.alice), f"/access/people/{cast.eve.pk}/"
    assert "by the group Auditors" in client.get(home).content.decode()
    assert client.post(f"{home}revoke/", {"grant": held.pk}).status_code == 404


def test_units_are_added_and_renamed(cast: Cast) -> None:
    paula = confirmed(person_with("head_of_security", cast.company))
    values = {"name": "Harbour Lab", "code": "Lab", "kind": "business_unit", "parent_id": cast.team.pk}
    assert paula.post("/access/units/new/", values)["Location"] == "/access/units/"
    with being(None):
        lab = Unit.objects.get(code="lab")
    assert lab.parent_id == cast.team.pk
    assert paula.post("/access/units/new/", {**values, "code": "lab"}).status_code == 422
    assert paula.post(f"/access/units/{lab.pk}/", {"name": "Harbour Workshop", "kind": "company"}).status_code == 302
    with being(None):
        assert Unit.objects.get(pk=lab.pk).name == "Harbour Workshop"
    refused = paula.post(f"/access/units/{cast.company.pk}/", {"name": "Mine", "kind": "company"})
    assert refused.status_code == 422
    assert "administers the one above" in refused.content.decode()
    assert paula.get(f"/access/units/{MISSING}/").status_code == 404


def test_a_stray_address_is_a_missing_page(cast: Cast) -> None:
    alice = confirmed(cast.alice)
    for url in (f"people/{2**70}/", f"units/{2**70}/"):
        assert alice.get(f"/access/{url}").status_code == 404
    assert alice.post(f"/access/people/{cast.eve.pk}/crown/").status_code == 404
    assert alice.get(f"/access/people/{cast.eve.pk}/grant/").status_code == 405
    assert "Nobody matches" in alice.get("/access/?q=%00zz").content.decode()
