"""SCIM as providers speak it, and what a connection may not do."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from typing import Any
from urllib.parse import quote

import pytest
from django.test import Client
from django.utils import timezone
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from remit.kernel.access.models import Grant, Group, User
from remit.kernel.access.services import disable, invite
from remit.kernel.federation.models import ScimConnection, ScimGroup, ScimPerson
from remit.kernel.federation.scim.credentials import revoke
from remit.kernel.identity import tokens
from remit.kernel.outbox import feeds
from tests.conftest import Cast, being, signed_in
from tests.federation.conftest import GROUP, USER, Caller

ENTERPRISE = "urn:ietf:params:scim:schemas:extension:enterprise:2.0:User"


def found(caller: Caller, condition: str, path: str = "/Users") -> Any:
    return caller("GET", f"{path}?filter={quote(condition)}")


def names(reply: Any) -> list[str]:
    assert reply.status_code == 200, reply.content
    return [each.get("userName") or each["displayName"] for each in reply.json()["Resources"]]


# Providers


def test_entra_provisions_changes_and_bars_somebody(scim: Caller) -> None:
    assert names(found(scim, 'userName eq "nora@harbour.example"')) == []
    made = scim(
        "POST",
        "/Users",
        {
            "schemas": [USER, ENTERPRISE],
            "externalId": "0a21f0f2-8d2a-4f8e-bf98-7363c4aed4ef",
            "userName": "Nora@harbour.example",
            "active": True,
            "displayName": "Nora Quay",
            "emails": [{"primary": True, "type": "work", "value": "nora@harbour.example"}],
            "meta": {"resourceType": "User"},
            "name": {"formatted": "Nora Quay", "familyName": "Quay", "givenName": "Nora"},
            "roles": [],
            ENTERPRISE: {"department": "Docks", "manager": "x"},
        },
    )
    assert made.status_code == 201, made.content
    nora = made.json()
    assert made["Location"] == nora["meta"]["location"] == f"http://testserver/scim/v2/Users/{nora['id']}"
    assert (nora["userName"], nora["active"], nora["displayName"]) == ("nora@harbour.example", True, "Nora Quay")
    reply = scim.patch(
        f"/Users/{nora['id']}",
        {"op": "Replace", "path": "displayName", "value": "Nora Pier"},
        {"op": "Add", "path": "title", "value": "Pilot"},
        {"op": "Add", "path": f"{ENTERPRISE}:department", "value": "Tugs"},
        {"op": "Replace", "path": 'emails[type eq "work"].value', "value": "other@elsewhere.example"},
        {"op": "Replace", "path": "active", "value": "False"},
    )
    assert reply.status_code == 200, reply.content
    assert (reply.json()["displayName"], reply.json()["title"], reply.json()["active"]) == ("Nora Pier", "Pilot", False)
    user = User.objects.get(email="nora@harbour.example")
    assert (user.name, user.title, user.is_active) == ("Nora Pier", "Pilot", False)
    again = scim.patch(
        f"/Users/{nora['id']}",
        {
            "op": "Replace",
            "value": {"active": "True", f"{ENTERPRISE}:department": "Tugs", "name.givenName": "Eleonora"},
        },
    )
    assert again.status_code == 200, again.content
    assert again.json()["active"] is True
    assert again.json()["name"]["givenName"] == "Eleonora"


def test_okta_bars_by_put_and_by_a_patch_without_path(scim: Caller) -> None:
    made = scim.person("olaf@harbour.example", name={"givenName": "Olaf", "familyName": "Keel"}, password="not kept")
    assert "password" not in made
    put = {**made, "active": False, "locale": "en-US", "groups": []}
    assert scim("PUT", f"/Users/{made['id']}", put).json()["active"] is False
    reply = scim.patch(f"/Users/{made['id']}", {"op": "replace", "value": {"active": True}})
    assert reply.json()["active"] is True
    assert User.objects.get(email="olaf@harbour.example").name == "Olaf Keel"
    group = scim.group("Pilots", made["id"])
    renamed = scim.patch(
        f"/Groups/{group['id']}", {"op": "replace", "value": {"id": group["id"], "displayName": "Masters"}}
    )
    assert (renamed.status_code, renamed.json()["displayName"]) == (200, "Masters")


def test_members_come_and_go_in_every_way_that_providers_write_it(scim: Caller) -> None:
    one, two, three = (scim.person(f"{name}@harbour.example")["id"] for name in ("one", "two", "three"))
    path = f"/Groups/{scim.group('Crew', one)['id']}"

    def members(*operations: dict[str, Any]) -> set[str]:
        reply = scim.patch(path, *operations)
        assert reply.status_code == 200, reply.content
        return {member["value"] for member in reply.json().get("members", [])}

    assert members({"op": "Add", "path": "members", "value": [{"value": two}, {"value": three}]}) == {one, two, three}
    assert members({"op": "Remove", "path": f'members[value eq "{one}"]'}) == {two, three}
    assert members({"op": "Remove", "path": "members", "value": [{"value": two}]}) == {three}
    assert members({"op": "Add", "value": {"members": [{"value": one}]}}) == {one, three}
    assert members({"op": "replace", "path": "members", "value": [{"value": two}]}) == {two}
    assert members({"op": "remove", "path": "members"}) == set()
    assert scim("GET", f"/Users/{two}").json().get("groups") is None


# Filters, pages, versions


def test_filters_find_by_every_operator(scim: Caller) -> None:
    anna = scim.person("anna@harbour.example", displayName="Anna", title="Pilot", externalId="A-1")["id"]
    scim.person("bert@harbour.example", displayName="Bert_1", active=False)
    scim.person("cora@harbour.example", name={"familyName": "Keel"}, externalId="a-1")
    scim.group("Deck", anna)
    for condition, expected in {
        'userName eq "ANNA@harbour.example"': "anna",
        'userName co "ert@" or userName sw "cora"': "bert cora",
        'userName ew "harbour.example" and not (title pr)': "bert cora",
        'externalId eq "A-1"': "anna",
        'externalId ne "A-1"': "bert cora",
        "active eq false": "bert",
        'displayName co "_"': "bert",
        'displayName co "%"': "",
        'name.familyName eq "keel"': "cora",
        "name pr": "cora",
        f'id eq "{anna}"': "anna",
        'groups.display eq "deck"': "anna",
        'groups[display eq "deck" and value pr]': "anna",
        "groups pr": "anna",
        "title eq null": "bert cora",
        'meta.created gt "2020-01-01T00:00:00Z"': "anna bert cora",
        'meta.lastModified lt "2020-01-01T00:00:00Z"': "",
        f'{USER}:userName sw "a"': "anna",
        'userName gt "b"': "bert cora",
    }.items():
        assert [name.partition("@")[0] for name in names(found(scim, condition))] == expected.split(), condition
    for condition, expected in {
        f'members eq "{anna}"': "Deck",
        f'members[value eq "{anna}"]': "Deck",
        'members.value ne "x"': "Deck",
        'displayName eq "deck"': "Deck",
    }.items():
        assert names(found(scim, condition, "/Groups")) == [expected], condition


@pytest.mark.parametrize(
    "condition",
    [
        "userName", 'userName eq "a" and', "userName eq", 'user"Name eq "a"', 'nothing eq "a"', 'password eq "x"',
        "userName eq 1", 'active co "x"', 'meta.created gt "soon"', 'userName eq "\\u0000"', 'userName eq "\\ud800"',
        "(" * 100 + "userName pr" + ")" * 100, "not (" * 50 + "userName pr" + ")" * 50,
        " or ".join(["userName pr"] * 60), "userName eq 'a'; drop table kernel_user",
        'meta.created eq "9999-12-31T23:59:59-14:00"',
    ],
)  # fmt: skip
def test_a_filter_that_cannot_be_asked_is_a_calm_400(condition: str, scim: Caller) -> None:
    reply = found(scim, condition)
    if condition.startswith("("):  # parentheses alone nest nothing
        assert reply.status_code in {200, 400}
        return
    assert (reply.status_code, reply.json().get("scimType")) == (400, "invalidFilter"), reply.content


words = st.sampled_from(
    ["userName", "members", "groups", "meta.created", "active", "eq", "ne", "co", "pr", "gt", "and", "or", "not",
     "(", ")", "[", "]", ".", '"', '"a"', '"%"', "\\", "true", "null", "1", "-1e999", "urn:x:y", ":", "'", ";",
     "\x00", "é", "\ud800"]
)  # fmt: skip


@settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(text=st.lists(words, max_size=12).map(" ".join) | st.text(max_size=40))
def test_no_filter_is_an_error_of_ours(text: str, scim: Caller) -> None:
    reply = scim("GET", f"/Users?filter={quote(text, errors='surrogatepass')}")
    assert reply.status_code in {200, 400}, reply.content


def test_pages_sort_and_chosen_attributes(scim: Caller) -> None:
    for name in ("b", "a", "C"):
        scim.person(f"{name}@harbour.example", displayName=name)
    page = scim("GET", "/Users?sortBy=displayName&sortOrder=descending&startIndex=2&count=1").json()
    assert (page["totalResults"], page["startIndex"], page["itemsPerPage"]) == (3, 2, 1)
    assert [each["displayName"] for each in page["Resources"]] == ["b"]
    assert scim("GET", "/Users?count=0").json()["Resources"] == []
    assert scim("GET", "/Users?startIndex=99999999999999999999").json()["Resources"] == []
    assert scim("GET", "/Users?count=999999").json()["itemsPerPage"] == 3
    only = scim("GET", "/Users?attributes=userName").json()["Resources"][0]
    assert set(only) == {"schemas", "id", "userName"}
    assert "displayName" not in scim("GET", "/Users?excludedAttributes=displayName").json()["Resources"][0]
    assert scim("GET", "/Users?sortBy=groups").status_code == 400
    assert scim("POST", "/Users/.search", {"filter": "userName pr", "count": 1}).json()["itemsPerPage"] == 1


def test_a_list_asks_no_more_for_more_people(scim: Caller, django_assert_max_num_queries: Any) -> None:
    keys = [scim.person(f"p{number}@harbour.example")["id"] for number in range(12)]
    scim.group("All", *keys)
    with django_assert_max_num_queries(16):
        scim("GET", "/Users")
    with django_assert_max_num_queries(16):
        assert len(scim("GET", "/Groups").json()["Resources"][0]["members"]) == 12


def test_a_version_guards_against_who_was_faster(scim: Caller) -> None:
    made = scim.person("v@harbour.example")
    path, version = f"/Users/{made['id']}", made["meta"]["version"]
    assert scim("GET", path, **{"If-None-Match": version}).status_code == 304
    rename = {"op": "replace", "path": "displayName", "value": "V"}
    changed = scim.patch(path, rename, **{"If-Match": version})
    assert (changed.status_code, changed["ETag"] != version) == (200, True)
    stale = scim.patch(path, rename, **{"If-Match": version})
    assert stale.status_code == 412
    assert scim("DELETE", path, **{"If-Match": version}).status_code == 412
    assert scim("DELETE", path, **{"If-Match": changed["ETag"]}).status_code == 204
    assert scim("GET", path).status_code == 404


# What a connection may not do


def test_barring_ends_sessions_at_once(scim: Caller) -> None:
    made = scim.person("gone@harbour.example")
    user = User.objects.get(email="gone@harbour.example")
    browser = signed_in(user)
    assert browser.get("/account/").status_code == 200
    scim.patch(f"/Users/{made['id']}", {"op": "replace", "path": "active", "value": False})
    assert browser.get("/account/").status_code == 302
    browser = signed_in(user)
    assert browser.get("/account/").status_code == 302


def test_barring_ends_tokens_and_the_calendar_link_as_the_page_does(scim: Caller) -> None:
    nora = scim.person("nora@harbour.example", active=True)
    user = User.objects.get(email="nora@harbour.example")
    with being(user):
        _, secret = tokens.make(user, name="script")
        link = feeds.renew(user.pk, timezone.now())
    assert tokens.present(secret)
    assert feeds.read(link)
    for active in (False, True):
        scim.patch(f"/Users/{nora['id']}", {"op": "replace", "path": "active", "value": active})
        assert tokens.present(secret) is None, "it does not come back"
        assert feeds.read(link) is None


def test_the_last_head_of_security_is_kept_from_scim_too(
    scim: Caller, cast: Cast, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Whoever administers is out of its hands; and were that forgotten, barring itself refuses."""
    with being(None):
        cast.alice.email = "alice@harbour.example"
        cast.alice.save()
        person = ScimPerson.objects.create(connection=scim.connection, user=cast.alice)
    for said in ("administers access", "last head of security"):
        reply = scim.patch(f"/Users/{person.key}", {"op": "replace", "path": "active", "value": False})
        assert reply.status_code == 403
        assert said in reply.json()["detail"]
        monkeypatch.setattr("remit.kernel.federation.scim.people.administering", lambda users: frozenset())
    cast.alice.refresh_from_db()
    assert cast.alice.is_active


def test_deleting_keeps_the_person_barred_and_the_same_when_they_come_back(scim: Caller, cast: Cast) -> None:
    made = scim.person("back@harbour.example")
    group = scim.group("Crew", made["id"])
    user = User.objects.get(email="back@harbour.example")
    with being(None):
        Grant.objects.create(user=user, role="owner", unit=cast.company)
    assert scim("DELETE", f"/Users/{made['id']}").status_code == 204
    assert scim("DELETE", f"/Users/{made['id']}").status_code == 404
    user.refresh_from_db()
    with being(None):
        assert (user.is_active, user.circles.count(), user.grants.count()) == (False, 0, 1)
    assert "members" not in scim("GET", f"/Groups/{group['id']}").json()
    again = scim.person("back@harbour.example")
    assert again["id"] == made["id"]
    user.refresh_from_db()
    assert user.is_active


def test_whom_somebody_barred_here_stays_barred(scim: Caller) -> None:
    made = scim.person("bad@harbour.example")
    with being(None):
        disable(User.objects.get(email="bad@harbour.example"))
    reply = scim.patch(f"/Users/{made['id']}", {"op": "replace", "value": {"active": True, "displayName": "B"}})
    assert (reply.status_code, reply.json()["active"]) == (200, False)


def test_people_of_other_domains_and_connections_are_not_there(
    scim: Caller, connect: Callable[..., Caller], cast: Cast
) -> None:
    other = connect("Other", "remit.example", "meadow.example")
    theirs = other.person("eva@meadow.example")
    for method, body in (
        ("GET", None),
        ("PUT", theirs),
        ("PATCH", {"schemas": ["x"], "Operations": []}),
        ("DELETE", None),
    ):
        hidden = scim(method, f"/Users/{theirs['id']}", body)
        missing = scim(method, f"/Users/{theirs['id'][:-2]}00", body)
        assert (hidden.status_code, hidden.content) == (
            missing.status_code,
            missing.content,
        )
        assert hidden.status_code == 404
    assert names(found(scim, "userName pr")) == []
    for mail in ("eva@meadow.example", "bob@remit.example", "nobody@remit.example"):
        reply = scim("POST", "/Users", {"schemas": [USER], "userName": mail})
        assert (reply.status_code, reply.json()["scimType"]) == (400, "invalidValue")
    mine = scim.person("mine@harbour.example")
    group = scim("POST", "/Groups", {"schemas": [GROUP], "displayName": "X", "members": [{"value": theirs["id"]}]})
    assert (group.status_code, Group.objects.filter(name="X").exists()) == (400, False), "nothing half done"
    taken = scim.patch(f"/Users/{mine['id']}", {"op": "replace", "path": "userName", "value": "bob@remit.example"})
    assert taken.status_code == 400


def test_somebody_of_the_domain_is_adopted_but_not_who_administers(connect: Callable[..., Caller], cast: Cast) -> None:
    caller = connect("Adopts", "remit.example")
    made = caller.person("BOB@remit.example", displayName="Robert")
    cast.bob.refresh_from_db()
    with being(None):
        assert (cast.bob.name, cast.bob.grants.count()) == ("Robert", 1)
    assert made["userName"] == "bob@remit.example"
    reply = caller("POST", "/Users", {"schemas": [USER], "userName": "alice@remit.example", "active": False})
    assert (reply.status_code, reply.json()["scimType"]) == (409, "uniqueness")
    second = connect("Second", "remit.example")
    assert second("POST", "/Users", {"schemas": [USER], "userName": "bob@remit.example"}).status_code == 409


def test_who_came_to_administer_is_not_touched(scim: Caller, cast: Cast) -> None:
    made = scim.person("rise@harbour.example")
    group = scim.group("Crew", made["id"])
    user = User.objects.get(email="rise@harbour.example")
    with being(None):
        invite(email=user.email, name="", role="administrator", unit=cast.company)
    path = f"/Users/{made['id']}"
    bar = {"op": "replace", "path": "active", "value": False}
    assert scim.patch(path, bar).status_code == scim("DELETE", path).status_code == 403
    assert scim("PUT", path, {**made, "displayName": "Else"}).status_code == 403
    assert scim.patch(f"/Groups/{group['id']}", {"op": "remove", "path": "members"}).status_code == 403
    assert scim("DELETE", f"/Groups/{group['id']}").status_code == 403
    user.refresh_from_db()
    assert user.is_active
    assert user.circles.count() == 1
    assert scim("PUT", path, made).status_code == 200, "what changes nothing is fine"


def test_no_role_is_had_by_way_of_a_group(scim: Caller, cast: Cast) -> None:
    made = scim.person("climb@harbour.example")
    group = scim.group("Analysts")
    circle = Group.objects.get(name="Analysts")
    join = {"op": "add", "path": "members", "value": [{"value": made["id"]}]}
    with being(None):
        grant = Grant.objects.create(group=circle, role="analyst", unit=cast.company)
    refused = scim.patch(f"/Groups/{group['id']}", join)
    assert (refused.status_code, circle.members.count()) == (403, 0)
    with being(None):
        ScimGroup.objects.filter(group=circle).update(may_hold_privilege=True)
    assert scim.patch(f"/Groups/{group['id']}", join).status_code == 200
    with being(None):
        circle.members.clear()
        Grant.objects.filter(pk=grant.pk).update(role="administrator")
    assert scim.patch(f"/Groups/{group['id']}", join).status_code == 403, "never to administer"
    with being(None):
        Grant.objects.filter(pk=grant.pk).update(role="employee")
    assert scim.patch(f"/Groups/{group['id']}", join).status_code == 200


def test_groups_and_members_of_others_are_left_alone(scim: Caller, cast: Cast) -> None:
    with being(None):
        circle = Group.objects.create(name="By hand")
        circle.members.add(cast.carol)
    reply = scim("POST", "/Groups", {"schemas": [GROUP], "displayName": "By hand"})
    assert (reply.status_code, reply.json()["scimType"]) == (409, "uniqueness")
    made = scim.person("in@harbour.example")
    group = scim.group("Mixed", made["id"])
    mixed = Group.objects.get(name="Mixed")
    with being(None):
        mixed.members.add(cast.carol)
    shown = scim.patch(f"/Groups/{group['id']}", {"op": "replace", "path": "members", "value": []}).json()
    assert "members" not in shown
    assert list(mixed.members.all()) == [cast.carol]
    assert scim("DELETE", f"/Groups/{group['id']}").status_code == 204
    assert list(mixed.members.all()) == [cast.carol]
    assert scim.group("Mixed")["id"] == group["id"]


# The token


@pytest.mark.parametrize("how", ["none", "wrong", "basic", "revoked", "expired", "session"])
def test_without_a_token_that_holds_nothing_is_answered(how: str, scim: Caller, cast: Cast) -> None:
    client, header = Client(), f"Bearer {scim.token}"
    with being(None):
        if how == "revoked":
            revoke(scim.connection)
        if how == "expired":
            ScimConnection.objects.update(expires_at=timezone.now() - timedelta(seconds=1))
    if how == "session":
        client = signed_in(cast.alice)
    header = {"none": "", "session": "", "wrong": header[:-1] + "~", "basic": header.replace("Bearer", "Basic")}.get(
        how, header
    )
    for path in ("/Users", "/ServiceProviderConfig", "/nothing"):
        reply = client.get(f"/scim/v2{path}", headers={"Authorization": header} if header else {})
        assert reply.status_code == 401
        assert reply["WWW-Authenticate"].startswith("Bearer")
        assert reply.json()["schemas"] == ["urn:ietf:params:scim:api:messages:2.0:Error"]


def test_a_scim_token_opens_nothing_else(scim: Caller) -> None:
    for path in ("/api/me", "/inbox/", "/access/"):
        assert Client().get(path, headers={"Authorization": f"Bearer {scim.token}"}).status_code in {302, 401}


@pytest.mark.parametrize(
    "content",
    [b"", b"{", b"[]", b"null", b'{"userName": 5}', b'{"schemas": "x"}', b"[" * 100000,
     b'{"userName": "a\\u0000@harbour.example"}',
     b'{"schemas":["' + USER.encode() + b'"],"userName":"a@harbour.example","displayName":"' + b"x" * 121 + b'"}',
     b'{"schemas":["' + USER.encode() + b'"],"userName":"no mail"}', b"\xff\xfe"],
)  # fmt: skip
def test_a_body_that_is_no_person_is_a_calm_400(content: bytes, scim: Caller) -> None:
    reply = scim("POST", "/Users", content)
    assert reply.status_code == 400, reply.content
    assert reply["Content-Type"] == "application/scim+json"
    assert not ScimPerson.objects.exists()


def test_what_is_not_offered_is_said(scim: Caller) -> None:
    assert scim("POST", "/Bulk", {}).status_code == 501
    assert scim("GET", "/Me").status_code == 501
    assert scim("GET", "/Users/x/y").status_code == scim("GET", "/Wheels").status_code == 404
    assert scim("DELETE", "/Users").status_code == scim("POST", "/Schemas", {}).status_code == 405
    assert scim("GET", "/ServiceProviderConfig").json()["bulk"]["supported"] is False
