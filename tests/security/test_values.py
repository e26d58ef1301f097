"""What people may set: the declared fields and no others, relations within their reach and no others."""

from __future__ import annotations

import json
from typing import Any

import pytest
from django.db import models
from django.test import Client

from remit.identify.assets.models import Asset, Dependency
from remit.kernel.access.models import Grant, Unit, User
from remit.kernel.access.services import grant
from remit.kernel.records import Record
from remit.kernel.resources import Resource, resources
from remit.kernel.work.models import Work
from tests.conftest import Cast, being, signed_in, the_grant
from tests.security.helpers import MISSING, body, form_values, json_values, record_in

editable = pytest.mark.parametrize("resource", [r for r in resources() if r.fields], ids=str)
by_hand = pytest.mark.parametrize("resource", [r for r in resources() if r.fields and r.by_hand], ids=str)
HIDDEN = MISSING - 1
DERIVED = {"version", "updated_at"}


def other_value(field: models.Field[Any, Any], record: Any, cast: Cast) -> Any:
    """Return a value the field could have and has not."""
    value = getattr(record, field.attname)
    if isinstance(field, models.ForeignKey):
        return cast.eve.pk if issubclass(field.related_model, User) else MISSING
    if field.choices:
        return next((key for key, _ in field.flatchoices if key != value), value)
    if isinstance(field, models.BooleanField):
        return "" if value else "true"
    if isinstance(field, models.DateTimeField):
        return "2001-01-01T00:00:00Z"
    if isinstance(field, models.DateField):
        return "2001-01-01"
    return NUMBER if isinstance(field, models.IntegerField | models.FloatField | models.DecimalField) else "smuggled"


NUMBER = "7654321"
"""A number that no record of a test has, nor a key."""
SMUGGLED = ("smuggled", NUMBER, "2001-01-01", str(MISSING))


def stored(record: Any) -> dict[str, Any]:
    with being(None):
        found = type(record)._default_manager.get(pk=record.pk)
    return {
        f.attname: bytes(v) if isinstance(v := getattr(found, f.attname), memoryview) else v
        for f in found._meta.concrete_fields
    }


@editable
def test_a_form_changes_declared_fields_only(resource: Resource, cast: Cast) -> None:
    record = record_in(resource.model, cast.company, cast.bob)
    before = stored(record)
    undeclared = [f for f in record._meta.concrete_fields if f.name not in resource.form_fields]
    smuggled = {name: other_value(f, record, cast) for f in undeclared for name in (f.name, f.attname)}
    reply = signed_in(cast.bob).post(
        f"{record.get_absolute_url()}edit/", {**smuggled, **form_values(resource, record), "version": record.version}
    )
    assert reply.status_code == 302, reply.context and reply.context["screen"].fields
    after = stored(record)
    assert {f.attname for f in undeclared if before[f.attname] != after[f.attname]} <= DERIVED


@by_hand
def test_a_new_record_takes_declared_fields_only(resource: Resource, cast: Cast) -> None:
    example = record_in(resource.model, cast.company, cast.bob)
    values = form_values(resource, example)
    undeclared = [
        f for f in example._meta.concrete_fields if f.name not in resource.form_fields and f.name not in DERIVED
    ]
    smuggled = {name: other_value(f, example, cast) for f in undeclared for name in (f.name, f.attname)}
    with being(None):
        example.delete()
    assert signed_in(cast.bob).post(f"/{resource.slug}/new/", {**smuggled, **values}).status_code == 302
    with being(cast.bob):
        made = resource.model._default_manager.get()
    for field in undeclared:
        assert not str(getattr(made, field.attname)).startswith(SMUGGLED), field.name
    assert getattr(made, "state", None) == getattr(example, "state", None)
    assert (made.version, made.pk != example.pk) == (1, True)


@editable
def test_the_api_refuses_undeclared_fields_by_name(resource: Resource, cast: Cast) -> None:
    record = record_in(resource.model, cast.company, cast.bob)
    before, bob = stored(record), signed_in(cast.bob)
    for field in record._meta.concrete_fields:
        if field.name not in resource.form_fields and field.name != "version":
            reply = bob.patch(
                f"/api/{resource.slug}/{record.pk}",
                json.dumps({"version": 1, field.attname: None}),
                content_type="application/json",
            )
            assert (reply.status_code, list(reply.json()["fields"])) == (422, [field.attname])
    assert stored(record) == before


def hide(model: Any, cast: Cast) -> None:
    """Make something of this kind out of reach, called HIDDEN."""
    with being(None):
        known = model._default_manager.filter(pk=HIDDEN).exists()
    if not known and issubclass(model, Record):
        record_in(model, cast.sibling, id=HIDDEN)
    elif not known:
        with being(None):
            Unit.objects.create(pk=HIDDEN, code="hidden", name="Hidden", parent=cast.sibling)


def relations(resource: Resource) -> list[Any]:
    fields = [resource.model._meta.get_field(name) for name in resource.form_fields]
    return [f for f in fields if isinstance(f, models.ForeignKey) and not issubclass(f.related_model, User)]


@by_hand
def test_a_relation_to_a_hidden_record_is_one_to_a_missing_record(resource: Resource, cast: Cast) -> None:
    example = record_in(resource.model, cast.company, cast.bob)
    bob = signed_in(cast.bob)
    for field in relations(resource):
        hide(field.related_model, cast)
        answers, sent = [], []
        for key in (HIDDEN, MISSING):
            values = {**form_values(resource, example), field.name: key}
            page = bob.post(f"/{resource.slug}/new/", values)
            changed = bob.post(f"{example.get_absolute_url()}edit/", {**values, "version": 1})
            answers.append([(r.status_code, body(r).replace(str(key).encode(), b"KEY")) for r in (page, changed)])
            data = json.dumps({**json_values(resource, example), field.attname: key})
            made = bob.post(f"/api/{resource.slug}", data, content_type="application/json")
            sent.append((made.status_code, made.content))
        assert answers[0] == answers[1], field.name
        assert sent[0] == sent[1], field.name
        assert (answers[0][0][0], answers[0][1][0], sent[0][0]) == (422, 422, 422), field.name


def test_a_filter_by_a_hidden_record_is_one_by_a_missing_record(cast: Cast) -> None:
    bob = signed_in(cast.bob)
    for resource in resources():
        for name in resource.filters:
            field: Any = resource.field(name)
            if isinstance(field, models.ForeignKey) and issubclass(field.related_model, Record):
                hide(field.related_model, cast)
                pages = [
                    body(bob.get(f"/{resource.slug}/", {name: key})).replace(str(key).encode(), b"KEY")
                    for key in (HIDDEN, MISSING)
                ]
                assert pages[0] == pages[1], (resource.slug, name)


def test_what_is_hidden_can_be_hung_on_nothing(cast: Cast) -> None:
    """Links, lookups and work about a hidden record are as about one that is not there."""
    resource = next(r for r in resources() if r.slug == "assets")
    own, hidden = (record_in(resource.model, unit, cast.bob) for unit in (cast.company, cast.sibling))
    bob = signed_in(cast.bob)
    replies = [
        bob.post(f"/api/assets/{own.pk}/links", json.dumps({"to": f"AST-{key}"}), content_type="application/json")
        for key in (hidden.pk, MISSING)
    ]
    assert (
        (replies[0].status_code, replies[0].content)
        == (replies[1].status_code, replies[1].content)
        == (422, replies[1].content)
    )
    pages = []
    for key in (hidden.pk, MISSING):
        pages.append(body(bob.post(f"/assets/{own.pk}/link/", {"other": f"assets:{key}"}, follow=True)))
    assert pages[0] == pages[1]
    assert b"could not be found" in pages[0]
    assert bob.post(f"/assets/{own.pk}/link/", {"other": f"assets:{own.pk}"}, follow=True).status_code == 200, (
        "one cannot be tied to itself"
    )


def test_many_at_once_reach_no_hidden_record(cast: Cast) -> None:
    """A bulk change of a hidden record, alone or beside one's own, is one of a missing record."""
    own = record_in(Asset, cast.company, cast.bob)
    hide(Asset, cast)
    bob = signed_in(cast.bob)
    for data in ({"move": "confirm"}, {"field": "owner"}):
        for ids in ([], [own.pk]):
            pages = [bob.post("/assets/bulk/", {"ids": [*ids, key], **data}, follow=True) for key in (HIDDEN, MISSING)]
            there, nowhere = (
                body(page).replace(str(key).encode(), b"KEY")
                for page, key in zip(pages, (HIDDEN, MISSING), strict=True)
            )
            assert there == nowhere
    with being(None):
        assert Asset.objects.get(pk=HIDDEN).state == "discovered"


@pytest.mark.parametrize(
    "key", ["-1", "0", str(2**31), str(2**63 - 1), str(2**63), "9" * 40, "1e3", "\uff11", "1;drop", "%00", "None"]
)
def test_odd_keys_are_missing_keys(key: str, cast: Cast) -> None:
    bob = signed_in(cast.bob)
    for url in (f"/assets/{key}/", f"/assets/{key}/edit/", f"/evidence/{key}/", f"/jobs/{key}/", f"/api/assets/{key}"):
        assert bob.get(url).status_code in {404, 422}, url
    for url in (
        f"/assets/?owner={key}&unit={key}&criticality={key}&page={key}&last_seen_min={key}",
        f"/api/assets?owner={key}",
        f"/fix-first/?owner={key}",
        f"/lookup/assets/?q={key}",
        f"/search/?q=AST-{key}",
        f"/assets/new/?owner={key}&unit={key}",
    ):
        assert bob.get(url).status_code in {200, 422}, url
    for url, data in (
        ("/unit/", {"unit": key}),
        ("/views/", {"slug": "assets", "name": key}),
        ("/assets/bulk/", {"ids": key, "move": "confirm"}),
    ):
        assert bob.post(url, data).status_code in {302, 200}, url


@by_hand
def test_restricting_is_no_change_of_a_field(resource: Resource, cast: Cast) -> None:
    """It is a deed of its own, with a reason: neither the form of a record nor the API sets it on the way."""
    record = record_in(resource.model, cast.company, cast.bob)
    bob = signed_in(cast.bob)
    values = {**form_values(resource, record), "restricted": "true", "version": 1}
    assert bob.post(f"{record.get_absolute_url()}edit/", values).status_code == 302
    body = {"restricted": True, "version": stored(record)["version"]}
    reply = bob.patch(f"/api/{resource.slug}/{record.pk}", body, content_type="application/json")
    assert reply.status_code == 422
    assert "restricted" in reply.json()["fields"]
    assert stored(record)["restricted"] is False


def test_a_restricted_record_says_why_it_is_not_deleted(cast: Cast) -> None:
    record = record_in(Work, cast.company, cast.alice, restricted=True)
    reply = signed_in(cast.alice).post(f"{record.get_absolute_url()}delete/")
    assert reply.status_code == 409
    assert "restricted" in reply.content.decode()
    assert stored(record)["id"] == record.pk


def test_what_hidden_records_rely_on_is_kept(cast: Cast) -> None:
    """The head of one company deletes an asset on which a dependency of another company hangs."""
    asset = record_in(Asset, cast.company, name="Ours")
    record_in(Dependency, cast.sibling, needs=asset, asset=record_in(Asset, cast.sibling, name="canary"))
    with being(None):
        grant(user=cast.carol, role="head_of_security", unit=cast.company)
    carol = signed_in(cast.carol)
    reply = carol.post(f"/assets/{asset.pk}/delete/")
    assert reply.status_code == 409
    assert b"canary" not in reply.content
    assert carol.delete(f"/api/assets/{asset.pk}").status_code == 409


def test_people_and_roles_are_no_records(cast: Cast) -> None:
    """No generic form and no operation reaches people, roles and units."""
    assert not {resource.slug for resource in resources()} & {"users", "people", "grants", "groups", "units"}
    for person in (cast.bob, cast.eve, cast.alice):
        client: Client = signed_in(person)
        for model in ("users", "grants", "units"):
            assert client.post(f"/api/{model}", "{}", content_type="application/json").status_code == 404
        client.post("/access/", {"user": cast.alice.pk, "role": "administrator", "unit": cast.group.pk})
    with being(None):
        assert Grant.objects.count() == 5


@pytest.mark.parametrize("deed", ["disable", "link", "revoke", "grant", "enable", "other"])
def test_a_weaker_account_does_not_act_on_a_stronger_one(deed: str, cast: Cast) -> None:
    """An administrator of one company, and the head of the whole; and Eve, of the company beside."""
    with being(None):
        grant(user=cast.carol, role="administrator", unit=cast.company)
        cast.carol.set_password("harbour lantern seventeen")
        cast.carol.save()
        held = the_grant(user=cast.alice)
        before = list(Grant.objects.order_by("pk").values_list("user", "role", "unit", "expires_on"))
    client = signed_in(cast.carol)
    client.post("/account/reauthenticate/", {"password": "harbour lantern seventeen"})
    data = {"grant": held.pk, "role": "head_of_security", "unit_id": cast.company.pk}
    for person in (cast.alice, cast.eve):
        reply = client.post(f"/access/people/{person.pk}/{deed}/", data, follow=True)
        assert b"/welcome/" not in reply.content
        now = User.objects.get(pk=person.pk)
        assert (now.is_active, now.session_salt, now.password) == (True, person.session_salt, person.password)
    client.post(
        "/access/invite/",
        {"email": "carol@remit.example", "name": "x", "role": "head_of_security", "unit_id": cast.company.pk},
    )
    client.post(f"/access/units/{cast.group.pk}/", {"name": "Mine", "kind": "group"})
    with being(None):
        assert list(Grant.objects.order_by("pk").values_list("user", "role", "unit", "expires_on")) == before
        assert Unit.objects.get(pk=cast.group.pk).name == cast.group.name
    there, nowhere = (client.get(f"/access/people/{key}/") for key in (cast.eve.pk, MISSING))
    assert there.status_code == nowhere.status_code == 404


def test_a_view_is_shared_only_of_a_list_one_sees(cast: Cast) -> None:
    signed_in(cast.eve).post("/views/", {"slug": "assets", "name": "Look here", "shared": "on"})
    assert "Look here" not in signed_in(cast.alice).get("/assets/").content.decode()
