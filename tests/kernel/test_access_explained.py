"""Who can do what, and why: the plain functions, and that they give the answer the database gives."""

from __future__ import annotations

import csv
import io
from dataclasses import replace
from datetime import date, timedelta
from typing import Any

import pytest
from django.utils.timezone import localdate

from remit.kernel import actor
from remit.kernel.access import rules
from remit.kernel.access.explaining import Given, Kind, Place, Subject, explain, matrix, reasons, who_sees
from remit.kernel.access.models import Grant, Group, NeedToKnow, User
from remit.kernel.access.roles import ROLES, VERBS
from remit.kernel.access.services import grant, invite
from remit.kernel.access.standing import standing
from remit.kernel.granting import facts
from remit.kernel.records import record_types
from tests.conftest import Cast, being, engaged, signed_in
from tests.security.helpers import record_in

TODAY = date(2026, 11, 23)
KINDS = (Kind("assets.asset", "Assets", "Identify"), Kind("kernel.work", "Work", "Office"))
PLACES = {1: Place(1, "Group", None), 2: Place(2, "Company", 1), 3: Place(3, "Team", 2), 4: Place(4, "Sibling", 1)}


def given(role: str, unit: int, **values: Any) -> Given:
    return Given(values.pop("id", 1), 7, "Ann", role, unit, **values)


def test_the_matrix_is_the_table_of_roles() -> None:
    rows = matrix(KINDS)
    assert [kind.title for kind, _ in rows] == ["Assets", "Work"]
    cells = {cell.role: cell for cell in rows[0][1]}
    assert cells["head_of_security"].verbs == VERBS
    assert cells["auditor"].verbs == ("view", "export")
    assert cells["owner"].own
    assert cells["executive"].verbs == cells["administrator"].verbs == ()


def test_the_matrix_is_narrowed_by_role_type_and_verb() -> None:
    ((kind, (cell,)),) = matrix(KINDS, role="analyst", kind="assets.asset", verb="delete")
    assert (kind.kind, cell.role, cell.verbs) == ("assets.asset", "analyst", ())
    assert matrix(KINDS, kind="nothing.such") == []


def test_units_where_everything_is_as_above_are_only_named() -> None:
    found = explain([given("analyst", 2)], PLACES, [1, 2, 3, 4], KINDS, TODAY)
    assert [(at.unit.name, at.below) for at in found] == [("Company", ("Team",))]
    (line,) = found[0].lines
    assert line.titles == "Assets, work"
    assert "decide" not in line.verbs
    assert line.why[0].text == "Security analyst or lead, given directly, with no last day"


def test_a_unit_with_a_grant_more_stands_for_itself() -> None:
    grants = [given("owner", 2), given("analyst", 3, id=2, group="Desk", until=TODAY)]
    company, team = explain(grants, PLACES, [1, 2, 3], KINDS, TODAY)
    assert company.lines[0].verbs == ()
    assert company.lines[0].own_verbs == ("view", "change", "move", "comment", "attach")
    assert [why.text for why in team.lines[0].why] == [
        "Control, risk or asset owner, given directly, inherited from Company, with no last day",
        "Security analyst or lead, by the group Desk, until 23 November 2026",
    ]


@pytest.mark.parametrize(
    ("days", "holds"),
    [((None, None), True), ((0, 0), True), ((1, None), False), ((None, -1), False), ((-1, 1), True)],
)
def test_a_grant_holds_from_its_first_day_to_its_last(days: tuple[int | None, int | None], holds: bool) -> None:
    since, until = (None if day is None else TODAY + timedelta(days=day) for day in days)
    assert bool(reasons(2, [given("auditor", 1, since=since, until=until)], PLACES, TODAY)) is holds


def test_a_confined_auditor_is_told_only_of_their_types() -> None:
    (at,) = explain(
        [given("auditor", 1, engagement="PCI DSS", kinds=frozenset({"assets.asset"}))], PLACES, [1], KINDS, TODAY
    )
    assert [kind.kind for kind in at.lines[0].kinds] == ["assets.asset"]
    assert "in the engagement PCI DSS" in at.lines[0].why[0].text


def test_who_sees_a_record_and_why() -> None:
    grants = [
        given("analyst", 1),
        replace(given("owner", 2, id=2), person_id=8, person="Bea"),
        replace(given("owner", 2, id=3), person_id=9, person="Cy"),
        replace(given("analyst", 4, id=4), person_id=10, person="Di"),
    ]
    subject = Subject("assets.asset", 3, owner_id=8, owner="Bea")
    ann, bea = who_sees(subject, grants, PLACES, {}, TODAY)
    assert (ann.person, bea.person) == ("Ann", "Bea")
    assert bea.reasons[0] == "Owns it"
    assert "change" in bea.verbs
    restricted = replace(subject, restricted=True)
    assert [seer.person for seer in who_sees(restricted, grants, PLACES, {}, TODAY)] == ["Bea"]
    named = who_sees(restricted, grants, PLACES, {7: "Handles it", 10: "Asked"}, TODAY)
    assert [seer.person for seer in named] == ["Ann", "Bea"], "needing to know is no role in the unit"
    assert "Needs to know: Handles it" in named[0].reasons


def test_the_rules_of_days_and_scope() -> None:
    assert rules.with_needed(["a"], {"a": ["b"], "b": ["c", "a"]}) == ["a", "b", "c"]
    assert rules.ends_soon(TODAY, TODAY)
    assert not rules.ends_soon(TODAY - timedelta(days=1), TODAY)
    assert not rules.ends_soon(None, TODAY)
    assert rules.review_is_due(None, TODAY)
    assert rules.review_is_due(TODAY - timedelta(days=90), TODAY)
    assert not rules.review_is_due(TODAY - timedelta(days=89), TODAY)
    assert rules.unused_days(None, TODAY) is None
    assert rules.unused_days(TODAY - timedelta(days=3), TODAY) == 3
    assert "belongs to an engagement" in rules.engagement_refusal("auditor", 1, None)
    assert "another unit" in rules.engagement_refusal("auditor", 1, 2)
    assert "Only auditors" in rules.engagement_refusal("analyst", 1, 1)
    assert rules.engagement_refusal("auditor", 1, 1) == rules.engagement_refusal("owner", 1, None) == ""


@pytest.mark.parametrize("model", record_types(), ids=lambda model: model.kind())
@pytest.mark.parametrize("restricted", [False, True])
def test_who_is_said_to_see_a_record_is_who_sees_it(model: Any, restricted: bool, cast: Cast) -> None:
    """For every type and everybody: the explanation and row-level security give one answer."""
    with being(None):
        circle = Group.objects.create(name="Desk")
        circle.members.add(cast.eve)
        Grant.objects.create(group=circle, role="analyst", unit=cast.group, expires_on=localdate())
        confined = engaged(cast.company, kinds=["kernel.work"])
        late = engaged(cast.company, starts_on=localdate() + timedelta(days=1))
        invite(email="fay@remit.example", name="Fay", role="auditor", unit=cast.company, engagement=confined)
        invite(email="gus@remit.example", name="Gus", role="auditor", unit=cast.company, engagement=late)
        invite(email="hal@remit.example", name="Hal", role="executive", unit=cast.company)
    record = record_in(model, cast.team, cast.carol, restricted=restricted)
    with being(None):
        for person in (cast.alice, cast.bob):  # who asks sees it too: the page of a hidden record is a missing one
            NeedToKnow.objects.create(kind=record.kind(), record_id=record.pk, user=person, reason="Works on it")
    with being(cast.alice):
        said = {s.person_id for s in facts.seers(standing(cast.alice.pk), facts.subject_of(record), record.pk)}
    seen = set()
    for person in User.objects.all():
        with actor.acting(person.pk):
            if model._default_manager.filter(pk=record.pk).exists():
                seen.add(person.pk)
    assert said == seen


def test_the_pages_of_explanation(cast: Cast) -> None:
    record = record_in(record_types()[0], cast.company, cast.carol)
    alice = signed_in(cast.alice)
    page = alice.get("/access/roles/").content.decode()
    for role in ROLES.values():
        assert role.title in page
    assert "Nothing fits" in alice.get("/access/roles/?verb=fly").content.decode()
    assert "Nothing fits" in alice.get("/access/roles/?role=emperor").content.decode()
    narrow = alice.get("/access/roles/?role=auditor&verb=view").content.decode()
    assert "Security analyst or lead</th>" not in narrow
    rows = list(csv.reader(io.StringIO(alice.get("/access/roles.csv").content.decode("utf-8-sig"))))
    assert rows[0][5:] == list(VERBS)
    assert len(rows) == 1 + len(record_types()) * len(ROLES)
    person = alice.get(f"/access/people/{cast.bob.pk}/").content.decode()
    assert "Security analyst or lead, given directly" in person
    url = f"/access/who/?record={record.resource.slug}:{record.pk}"
    assert url in alice.get(record.get_absolute_url()).content.decode().replace("&amp;", "&")
    assert "Carol Test" in alice.get(url).content.decode()
    assert "Bob Test" in alice.get(f"/access/who/?kind=assets.asset&unit={cast.company.pk}").content.decode()
    assert signed_in(cast.bob).get(record.get_absolute_url()).content.decode().count("/access/who/") == 0


def test_who_sees_a_hidden_record_is_a_missing_page(cast: Cast) -> None:
    """Out of reach, restricted, above what one administers, of an administrator, and not there at all: the same."""
    with being(None):
        paula = invite(email="paula@remit.example", name="Paula", role="head_of_security", unit=cast.company)
        grant(user=paula, role="analyst", unit=cast.group)
        ada = invite(email="ada@remit.example", name="Ada", role="administrator", unit=cast.group)
    model = next(m for m in record_types() if m.kind() == "assets.asset")
    above, hidden = record_in(model, cast.group), record_in(model, cast.company, restricted=True)
    own = record_in(model, cast.company)
    urls = [f"/access/who/?record=assets:{key}" for key in (above.pk, hidden.pk, 999_999_999, "x", "")]
    for url in (*urls, "/access/who/?record=nothing:1"):
        assert signed_in(paula).get(url).status_code == 404, url
    assert signed_in(paula).get(f"/access/who/?record=assets:{own.pk}").status_code == 200
    assert signed_in(ada).get(f"/access/who/?record=assets:{own.pk}").status_code == 404
    reply = signed_in(paula).get(f"/access/who/?kind=assets.asset&unit={cast.sibling.pk}")
    elsewhere = reply.content.decode().partition("<main")[2]
    assert "Meadow" not in elsewhere
    assert "Everybody who may sign in" in elsewhere


def test_a_grant_beside_what_one_administers_is_not_explained(cast: Cast) -> None:
    with being(None):
        paula = invite(email="paula@remit.example", name="Paula", role="head_of_security", unit=cast.company)
        grant(user=cast.bob, role="executive", unit=cast.sibling)
    page = signed_in(paula).get(f"/access/people/{cast.bob.pk}/").content.decode().partition("<main")[2]
    assert "Executive" not in page.partition('id="may"')[2].partition("</section>")[0]
    assert "Meadow" not in page
    said = signed_in(paula).get(f"/api/access/people/{cast.bob.pk}/explanation").json()
    assert [unit["unit"] for unit in said["units"]] == ["Harbour Company"]
    assert said["units"][0]["also"] == ["Harbour Platform"]


def test_the_api_explains_to_who_administers(cast: Cast) -> None:
    alice = signed_in(cast.alice)
    items = alice.get("/api/access/roles").json()["items"]
    assert [item["role"] for item in items] == list(ROLES)
    assert next(i for i in items if i["role"] == "administrator")["may"][0]["rows"] == "own"
    said = alice.get(f"/api/access/people/{cast.dan.pk}/explanation").json()
    assert said["units"][0]["lines"][0]["verbs"] == ["view", "export"]
    assert said["units"][0]["lines"][0]["why"][0]["engagement"].startswith("Audit")
    for person in (cast.bob, cast.carol, cast.dan, cast.eve):
        client = signed_in(person)
        assert client.get("/api/access/roles").status_code == 403
        assert client.get(f"/api/access/people/{cast.bob.pk}/explanation").status_code == 403
    with being(None):
        paula = invite(email="paula@remit.example", name="Paula", role="head_of_security", unit=cast.company)
    hidden, missing = (
        signed_in(paula).get(f"/api/access/people/{key}/explanation") for key in (cast.eve.pk, 999_999_999)
    )
    assert (hidden.status_code, hidden.content) == (404, missing.content)
    assert alice.get(f"/api/access/people/{2**70}/explanation").status_code == 404
