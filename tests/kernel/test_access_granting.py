"""Engagements, groups and reminders: what each refuses, and that what ends has ended for the database too."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from django.db import IntegrityError, connection, transaction
from django.utils import timezone
from django.utils.timezone import localdate

from remit.kernel.access import managing
from remit.kernel.access.models import Engagement, Grant, Group, Unit, User
from remit.kernel.access.roles import ROLES
from remit.kernel.access.services import grant, invite
from remit.kernel.access.standing import Standing, standing
from remit.kernel.figures.models import Reading
from remit.kernel.figures.registry import catalogue
from remit.kernel.figures.services import current
from remit.kernel.granting import engagements, reminding
from remit.kernel.records import record_types
from remit.kernel.resources import of_kind, resources
from remit.kernel.work.models import Work
from tests.conftest import Cast, being, engaged, signed_in, the_grant
from tests.kernel.test_access_pages import MISSING, confirmed, person_with, roles_of
from tests.security.helpers import body, record_in

DAY = timedelta(days=1)
every_type = pytest.mark.parametrize("model", record_types(), ids=lambda model: model.kind())


def auditor(unit: Any, name: str = "Fay", **values: Any) -> User:
    with being(None):
        audit = engaged(unit, **values)
        return invite(email=f"{name.lower()}@remit.example", name=name, role="auditor", unit=unit, engagement=audit)


def standing_of(person: Any) -> Standing:
    with being(person):
        return standing(person.pk)


def sees(person: Any, record: Any) -> bool:
    with being(person):
        return bool(type(record)._default_manager.filter(pk=record.pk).exists())


# Engagements


@pytest.mark.parametrize(
    ("role", "place", "engaged"), [("auditor", "com", False), ("analyst", "com", True), ("auditor", "grp", True)]
)
def test_an_auditor_without_an_engagement_cannot_be_stored(role: str, place: str, engaged: bool, cast: Cast) -> None:
    """Neither an auditor without one, nor another role in one, nor an auditor in another unit than its own."""

    def store() -> None:
        with being(None), connection.cursor() as cursor:
            audit = Engagement.objects.create(**_audit(cast.company)) if engaged else None
            Grant.objects.create(user=cast.eve, role=role, unit=Unit.objects.get(code=place), engagement=audit)
            cursor.execute("set constraints all immediate")

    with pytest.raises(IntegrityError, match=r"auditor_in_an_engagement|grant_where_its_engagement_is"):
        store()


def test_an_auditor_is_not_invited_without_an_engagement(cast: Cast) -> None:
    with being(None), pytest.raises(ValueError, match="belongs to an engagement"):
        invite(email="x@remit.example", name="X", role="auditor", unit=cast.company)


def _audit(unit: Any) -> dict[str, Any]:
    return {"title": "T", "firm": "F", "unit": unit, "starts_on": localdate(), "ends_on": localdate()}


@pytest.mark.parametrize(
    ("starts", "ends", "reads"),
    [(0, 0, True), (-5, 5, True), (1, 5, False), (-5, -1, False)],
)
def test_an_auditor_reads_from_the_first_day_to_the_last(starts: int, ends: int, reads: bool, cast: Cast) -> None:
    record = record_in(record_types()[0], cast.team)
    fay = auditor(cast.company, starts_on=localdate() + starts * DAY, ends_on=localdate() + ends * DAY)
    assert sees(fay, record) is reads
    assert standing_of(fay).may("view", record.kind()) is reads
    assert bool(standing_of(fay).reads_figures) is reads
    assert signed_in(fay).get(f"/{record.resource.slug}/").status_code == (200 if reads else 403)


def test_an_auditor_reads_nothing_beside_above_or_outside_the_unit(cast: Cast) -> None:
    fay = auditor(cast.company)
    for model in record_types():
        found = {u.code: sees(fay, record_in(model, u)) for u in (cast.group, cast.company, cast.team, cast.sibling)}
        read = bool(ROLES["auditor"].level(model.kind()))
        above = read and model.for_units_below
        assert found == {"grp": above, "com": read, "team": read, "sib": False}, model.kind()


@every_type
def test_a_confined_auditor_reads_only_the_types_in_scope(model: Any, cast: Cast) -> None:
    """Each type on its own: its pages and its API answer, with what it names; every other answers as to a stranger."""
    kind = model.kind()
    scope = engagements.scope([kind])
    fay = auditor(cast.company, kinds=scope)
    client = signed_in(fay)
    for resource in resources():
        record = record_in(resource.model, cast.team)
        inside = resource.kind in scope and bool(ROLES["auditor"].level(resource.kind))
        assert sees(fay, record) is inside, resource.kind
        expected = 200 if resource.kind in scope else 403
        assert client.get(f"/{resource.slug}/").status_code == expected
        export = client.get(f"/{resource.slug}/export.csv")
        assert export.status_code == expected
        body(export)
        assert client.get(f"/api/{resource.slug}").status_code == expected
        assert client.get(f"/{resource.slug}/{record.pk}/").status_code == (200 if inside else 404)
        assert (f"/{resource.slug}/" in client.get("/inbox/").content.decode()) is (inside and resource.menu)
        if inside and (own := of_kind(resource.kind)) is not None:
            assert str(record.pk) in {str(row.id) for row in client.get(f"/{own.slug}/").context["screen"].rows}
    assert client.get("/fix-first/").status_code == (200 if "vulnerabilities.occurrence" in scope else 403)


def test_a_confined_auditor_is_shown_only_figures_that_they_can_count(cast: Cast) -> None:
    fay = auditor(cast.company, kinds=["kernel.work"])
    with being(None):
        Reading.objects.create(figure="assets", unit=cast.company, on=localdate(), value=99, at=timezone.now())
    with being(fay):
        assert not Reading.objects.exists()
        shown = {figure.name for figure in catalogue() if current(standing(fay.pk), figure) is not None}
    assert shown == {figure.name for figure in catalogue() if figure.kinds and set(figure.kinds) <= {"kernel.work"}}
    with being(cast.dan):
        assert Reading.objects.exists()


def test_a_role_held_without_limits_as_well_has_none(cast: Cast) -> None:
    fay = auditor(cast.company, kinds=["kernel.work"])
    with being(None):
        grant(user=fay, role="auditor", unit=cast.team, engagement=engaged(cast.team))
    held = standing_of(fay)
    assert held.may("view", "assets.asset", cast.team.pk)
    assert not held.may("view", "assets.asset", cast.company.pk)


def test_what_cannot_be_read_alone_comes_with_what_it_names() -> None:
    assert engagements.scope(["vulnerabilities.occurrence"]) == [
        "assets.asset",
        "vulnerabilities.occurrence",
        "vulnerabilities.weakness",
    ]
    assert engagements.scope([]) == []
    with pytest.raises(ValueError, match="no record type"):
        engagements.scope(["nothing.such"])


def said(cast: Cast, **values: Any) -> dict[str, Any]:
    return {"title": "ISO 27001", "firm": "Larch", "unit_id": cast.company.pk, "starts_on": localdate(),
            "ends_on": localdate() + DAY, **values}  # fmt: skip


def test_an_engagement_is_made_extended_and_ended_on_the_page(cast: Cast) -> None:
    alice, record = confirmed(cast.alice), record_in(record_types()[0], cast.company)
    reply = alice.post("/access/engagements/new/", said(cast))
    with being(None):
        audit = Engagement.objects.get(title="ISO 27001")
    assert reply["Location"] == (home := f"/access/engagements/{audit.pk}/")
    assert audit.created_by_id == cast.alice.pk
    data = {"role": "auditor", "engagement_id": audit.pk, "unit_id": cast.sibling.pk}
    assert alice.post(f"/access/people/{cast.eve.pk}/grant/", data).status_code == 302
    assert ("auditor", "com") in roles_of(cast.eve), "the unit is the engagement's, whatever was sent"
    assert sees(cast.eve, record)
    eve = signed_in(cast.eve)
    assert eve.get(record.get_absolute_url()).status_code == 200
    assert alice.post(f"{home}end/").status_code == 302
    assert eve.get(record.get_absolute_url()).status_code == 404, "at the next request"
    assert not sees(cast.eve, record)
    assert "Ended" in alice.get(home).content.decode()
    assert "ended" in alice.get(f"/access/people/{cast.eve.pk}/").content.decode(), "shown, not vanished"
    again = {"firm": "Larch", "contact": "", "ends_on": localdate() + 9 * DAY, "kinds": ["kernel.work"]}
    assert alice.post(home, again).status_code == 302
    assert not sees(cast.eve, record)
    assert alice.post(home, {**again, "kinds": []}).status_code == 302
    assert sees(cast.eve, record)


@pytest.mark.parametrize(
    ("wrong", "text"),
    [
        ({"title": ""}, "required"),
        ({"unit_id": MISSING}, "valid choice"),
        ({"kinds": ["nothing.such"]}, "valid choice"),
        ({"ends_on": "2001-01-01"}, "before the first"),
    ],
)
def test_a_wrong_engagement_is_told(cast: Cast, wrong: dict[str, Any], text: str) -> None:
    reply = confirmed(cast.alice).post("/access/engagements/new/", said(cast, **wrong))
    assert reply.status_code == 422
    assert text in reply.content.decode()


def test_an_engagement_is_not_everybodys_to_make_change_or_see(cast: Cast) -> None:
    with being(None):
        audit, other = engaged(cast.company), engaged(cast.sibling)
        grant(user=cast.alice, role="auditor", unit=cast.company, engagement=audit)
    ada = confirmed(person_with("administrator", cast.group, "Ada"))
    assert ada.post("/access/engagements/new/", said(cast)).status_code == 422
    home = f"/access/engagements/{audit.pk}/"
    later = {"firm": "F", "ends_on": localdate() + 900 * DAY}
    assert "made, changed and ended by a head" in ada.post(home, later).content.decode()
    assert "Nobody changes their own roles" in confirmed(cast.alice).post(home, later).content.decode()
    confirmed(cast.alice).post(f"{home}end/")
    paula = confirmed(person_with("head_of_security", cast.company, "Paula"))
    hidden, missing = (paula.get(f"/access/engagements/{key}/") for key in (other.pk, MISSING))
    assert (hidden.status_code, missing.status_code) == (404, 404)
    assert paula.post(f"/access/engagements/{other.pk}/end/").status_code == 404
    data = {"role": "auditor", "engagement_id": other.pk, "unit_id": cast.company.pk}
    assert paula.post(f"/access/people/{cast.bob.pk}/grant/", data).status_code == 422
    with being(None):
        assert Engagement.objects.get(pk=audit.pk).ended_at is None
    assert roles_of(cast.bob) == {("analyst", "com")}


def test_a_role_and_an_engagement_that_do_not_fit_are_told(cast: Cast) -> None:
    with being(None):
        audit = engaged(cast.company)
        over = engaged(cast.company, ends_on=localdate() - DAY)
    url = f"/access/people/{cast.eve.pk}/grant/"
    alice = confirmed(cast.alice)
    reply = alice.post(url, {"role": "auditor", "unit_id": cast.company.pk})
    assert "belongs to an engagement" in reply.content.decode()
    reply = alice.post(url, {"role": "owner", "unit_id": cast.company.pk, "engagement_id": audit.pk})
    assert "Only auditors" in reply.content.decode()
    assert alice.post(url, {"role": "auditor", "engagement_id": over.pk}).status_code == 422
    with being(cast.alice), pytest.raises(managing.AccessRefusedError, match="has ended"):
        managing.give(
            standing(cast.alice.pk), cast.eve, role="auditor", unit_id=cast.company.pk, expires_on=None,
            engagement_id=over.pk,
        )  # fmt: skip
    assert roles_of(cast.eve) == {("employee", "sib")}


def test_an_auditor_sees_their_own_engagement_and_no_other(cast: Cast) -> None:
    fay, gus = auditor(cast.company), auditor(cast.company, "Gus")
    with being(fay):
        assert Engagement.objects.count() == 1
        assert not Engagement.objects.filter(grants__user=gus).exists()
        with pytest.raises(Exception, match="row-level security"), transaction.atomic():
            Engagement.objects.create(**_audit(cast.company))
        assert not Engagement.objects.update(ends_on=localdate() + 999 * DAY)
    with being(cast.bob):
        assert not Engagement.objects.exists()


# Groups


def group_of(unit: Any, *people: User, role: str = "", where: Unit | None = None) -> Group:
    with being(None):
        made = Group.objects.create(name="Desk", unit=unit)
        made.members.add(*people)
        if role:
            grant(group=made, role=role, unit=where or unit)
        return made


def test_a_group_is_made_filled_given_a_role_and_emptied(cast: Cast) -> None:
    alice = confirmed(cast.alice)
    reply = alice.post("/access/groups/new/", {"name": "Desk", "unit_id": cast.company.pk})
    desk = Group.objects.get(name="Desk")
    home = f"/access/groups/{desk.pk}/"
    assert reply["Location"] == home
    assert alice.post(f"{home}fill/", {"emails": "eve@remit.example,\nCarol@Remit.example"}).status_code == 302
    given = {"role": "analyst", "unit_id": cast.sibling.pk, "expires_on": localdate()}
    assert alice.post(f"{home}grant/", given).status_code == 302
    assert "analyst" in standing_of(cast.eve).in_unit(cast.sibling.pk)
    held = the_grant(group=desk)
    assert held.created_by_id == cast.alice.pk
    page = alice.get(home).content.decode()
    assert "Eve Test" in page
    assert "Security analyst or lead of Meadow Company" in page
    assert "by the group Desk" in alice.get(f"/access/people/{cast.eve.pk}/").content.decode()
    assert alice.post(f"{home}take-out/", {"person": cast.eve.pk}).status_code == 302
    assert standing_of(cast.eve).roles == {"employee"}
    assert alice.post(f"{home}rename/", {"name": "Front desk"}).status_code == 302
    assert alice.post(f"{home}empty/").status_code == 302
    assert not desk.members.exists()
    assert alice.post(f"{home}revoke/", {"grant": held.pk}).status_code == 302
    with being(None):
        assert not Grant.objects.filter(group=desk).exists()
    assert Group.objects.get(pk=desk.pk).name == "Front desk"


def test_what_a_group_may_not_be_used_for(cast: Cast) -> None:
    """Neither to give oneself a role nor to pass on what is not one's own to give."""
    ada_person = person_with("administrator", cast.group, "Ada")
    ada = confirmed(ada_person)
    analysts = group_of(cast.company, role="analyst")
    home = f"/access/groups/{analysts.pk}/"
    for deed, data in (
        ("fill", {"emails": "eve@remit.example"}),
        ("rename", {"name": "Mine"}),
        ("empty", {}),
    ):
        assert "not yours to give" in ada.post(f"{home}{deed}/", data, follow=True).content.decode(), deed
    assert ada.post(f"{home}grant/", {"role": "auditor", "unit_id": cast.company.pk}).status_code == 422
    ada.post(f"{home}revoke/", {"grant": the_grant(group=analysts).pk})
    assert the_grant(group=analysts)
    assert not analysts.members.exists()
    mine = group_of(cast.sibling, ada_person)
    home = f"/access/groups/{mine.pk}/"
    ada.post(f"{home}grant/", {"role": "owner", "unit_id": cast.company.pk})
    ada.post(f"{home}take-out/", {"person": ada_person.pk})
    with being(None):
        assert not Grant.objects.filter(group=mine).exists()
    assert mine.members.filter(pk=ada_person.pk).exists()
    with being(None):
        mine.members.clear()
    reply = ada.post(f"{home}fill/", {"emails": "ada@remit.example, eve@remit.example"}, follow=True)
    assert "Nobody changes their own roles" in reply.content.decode()
    assert not mine.members.exists(), "all or none"
    reply = ada.post(f"{home}fill/", {"emails": "stranger@remit.example"}, follow=True)
    assert "You manage nobody with the address stranger@remit.example" in reply.content.decode()


def test_groups_of_other_units_are_missing(cast: Cast) -> None:
    paula = confirmed(person_with("head_of_security", cast.company, "Paula"))
    own, other, top = group_of(cast.company), group_of(cast.sibling), group_of(None)
    for group in (other, top):
        assert paula.get(f"/access/groups/{group.pk}/").status_code == 404
        assert paula.post(f"/access/groups/{group.pk}/empty/").status_code == 404
    assert paula.get(f"/access/groups/{own.pk}/").status_code == 200
    assert paula.post(f"/access/groups/{own.pk}/crown/").status_code == 404
    assert paula.post("/access/groups/new/", {"name": "Desk", "unit_id": cast.sibling.pk}).status_code == 422
    assert paula.post("/access/groups/new/", {"name": "Desk", "unit_id": cast.company.pk}).status_code == 422
    fill = {"emails": cast.eve.email}
    assert "You manage nobody" in paula.post(f"/access/groups/{own.pk}/fill/", fill, follow=True).content.decode()
    assert confirmed(cast.alice).get(f"/access/groups/{top.pk}/").status_code == 200


def test_who_is_in_a_group_is_on_the_ledger(cast: Cast) -> None:
    group_of(cast.company, cast.eve)
    with connection.cursor() as cursor:
        cursor.execute("select tgname from pg_trigger where tgrelid = 'kernel_group_members'::regclass")
        assert {"ledger_insert", "ledger_delete", "reach"} <= {name for (name,) in cursor.fetchall()}


# What ends soon


def test_who_gave_a_role_is_asked_a_week_before_it_ends(cast: Cast) -> None:
    today = localdate()
    with being(cast.alice):
        held = managing.give(
            standing(cast.alice.pk), cast.eve, role="owner", unit_id=cast.company.pk, expires_on=today + 7 * DAY
        )
        managing.give(standing(cast.alice.pk), cast.eve, role="owner", unit_id=cast.team.pk, expires_on=today + 8 * DAY)
    page = signed_in(cast.alice).get("/access/").content.decode()
    assert "Ends within a week" in page
    (work,) = reminding.remind(today)
    assert (work.owner_id, work.due_on, work.about_id) == (cast.alice.pk, today + 7 * DAY, held.pk)
    assert work.title.startswith("Eve Test is control, risk or asset owner of Harbour Company until")
    assert reminding.remind(today) == [], "never twice"
    with being(cast.alice):
        managing.give(standing(cast.alice.pk), cast.eve, role="owner", unit_id=cast.company.pk, expires_on=None)
    reminding.remind(today)
    with being(None):
        assert Work.objects.get(pk=work.pk).state == "done", "seen to"
    assert reminding.remind(today + 9 * DAY) == [], "what has ended is not asked about"


def test_where_the_giver_is_gone_the_head_is_asked_and_an_audit_is_asked_about_once(cast: Cast) -> None:
    today = localdate()
    with being(None):
        grant(user=cast.eve, role="owner", unit=cast.team, expires_on=today)
        audit = engaged(cast.company, ends_on=today + DAY)
        for person in (cast.eve, cast.carol):
            grant(user=person, role="auditor", unit=cast.company, engagement=audit)
    asked = {(work.about_kind, work.owner_id) for work in reminding.remind(today)}
    assert asked == {("kernel.grant", cast.alice.pk), ("kernel.engagement", cast.alice.pk)}


def test_an_administrator_answers_what_they_are_asked(cast: Cast) -> None:
    ada = person_with("administrator", cast.group, "Ada")
    with being(ada):
        managing.give(standing(ada.pk), cast.eve, role="vendor", unit_id=cast.company.pk, expires_on=localdate())
    (work,) = reminding.remind(localdate())
    assert work.owner_id == ada.pk
    client = signed_in(ada)
    assert client.get(f"/work/{work.pk}/").status_code == 200
    assert client.post(f"/work/{work.pk}/move/finish/").status_code == 302
    with being(None):
        assert Work.objects.get(pk=work.pk).state == "done"
