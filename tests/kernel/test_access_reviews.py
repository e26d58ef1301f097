"""Access reviews: what is frozen, who decides, what a decision does at once, and what finishing leaves to show."""

from __future__ import annotations

import csv
import io
from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest
from django.db import ProgrammingError, connection, transaction
from django.utils import timezone
from django.utils.timezone import localdate

from remit.kernel.access import review_rules
from remit.kernel.access.models import Grant, Group, User
from remit.kernel.access.review_models import AccessReview, ReviewedGrant
from remit.kernel.access.review_rules import Decided
from remit.kernel.access.services import disable, grant, invite
from remit.kernel.access.standing import standing
from remit.kernel.granting import reminding, reviews
from remit.kernel.work.models import Work
from tests.conftest import Cast, being, engaged, signed_in
from tests.kernel.test_access_pages import MISSING, confirmed, person_with, roles_of

DAY = timedelta(days=1)
LINE = Decided(
    "Ann", "ann@remit.example", "Auditor", "Company", "", "ISO", True, date(2026, 1, 2), None,
    datetime(2026, 11, 1, tzinfo=UTC), 22, True, "keep", "Needed", "Bea", datetime(2026, 11, 23, 9, 30, tzinfo=UTC),
)  # fmt: skip


def begun(cast: Cast, by: Any = None, unit: Any = None) -> AccessReview:
    who = by or cast.alice
    with being(who):
        where = (unit or cast.group).pk
        return reviews.start(standing(who.pk), unit_id=where, due_on=localdate() + 7 * DAY)


def line_of(review: AccessReview, person: Any) -> ReviewedGrant:
    with being(None):
        return ReviewedGrant.objects.get(review=review, person=person)


def decide(
    client: Any, review: AccessReview, *lines: ReviewedGrant, decision: str = "keep", reason: str = "Why"
) -> str:
    data = {"ids": [line.pk for line in lines], "decision": decision, "reason": reason}
    return str(client.post(f"/access/reviews/{review.pk}/decide/", data, follow=True).content.decode())


def test_the_summary_and_the_evidence_say_what_was_decided() -> None:
    from dataclasses import replace

    never = replace(LINE, person="", decision="", decided_at=None, unused_days=None, last_sign_in=None, group="Desk")
    lines = [LINE, replace(LINE, decision="revoke", unused_days=90), never]
    summary = review_rules.summary(lines)
    assert (summary.total, summary.kept, summary.revoked, summary.undecided) == (3, 1, 1, 1)
    assert (summary.privileged, summary.unused, summary.percent) == (3, 2, 66)
    assert review_rules.summary([]).percent == 100
    text = review_rules.evidence("Access review", [("Unit", "Company")], lines)
    assert "KEEP by Bea, 2026-11-23 09:30 UTC: Needed" in text
    assert "NOT DECIDED" in text
    assert "(nobody)" in text
    assert len(LINE.cells()) == len(review_rules.HEADS)


def test_a_review_freezes_every_grant_that_holds(cast: Cast) -> None:
    with being(None):
        desk = Group.objects.create(name="Desk")
        desk.members.add(cast.eve, cast.carol)
        empty = Group.objects.create(name="Empty")
        for group in (desk, empty):
            grant(group=group, role="analyst", unit=cast.team, expires_on=localdate())
        grant(user=cast.eve, role="owner", unit=cast.team, expires_on=localdate() - DAY)
        over = engaged(cast.team, ends_on=localdate() - DAY)
        grant(user=cast.eve, role="auditor", unit=cast.team, engagement=over)
        User.objects.filter(pk=cast.bob.pk).update(last_login=timezone.now() - 100 * DAY)
        disable(cast.carol)
    review = begun(cast, unit=cast.company)
    with being(cast.alice):
        found = {(line.person_name, line.role, line.group_name) for line in review.lines.all()}
    assert found == {
        ("Bob Test", "analyst", ""), ("Carol Test", "owner", ""), ("Dan Test", "auditor", ""),
        ("Eve Test", "analyst", "Desk"), ("Carol Test", "analyst", "Desk"), ("", "analyst", "Empty"),
    }  # fmt: skip
    bob, dan = line_of(review, cast.bob), line_of(review, cast.dan)
    assert (bob.unused_days, bob.privileged, bob.may_sign_in, bob.last_day) == (100, True, True, None)
    assert (dan.unused_days, dan.engagement_title[:5], dan.last_day) == (None, "Audit", localdate() + 365 * DAY)
    with being(None):
        assert not ReviewedGrant.objects.filter(person=cast.carol, may_sign_in=True).exists()


def test_keep_and_revoke_take_effect_at_once(cast: Cast) -> None:
    review, alice = begun(cast), confirmed(cast.alice)
    page = alice.get(f"/access/reviews/{review.pk}/").content.decode()
    assert "Nobody decides on their own roles" in page
    assert "2 kept" in decide(alice, review, line_of(review, cast.carol), line_of(review, cast.dan))
    bob = signed_in(cast.bob)
    assert bob.get("/assets/").status_code == 200
    assert "1 revoked" in decide(alice, review, line_of(review, cast.bob), decision="revoke", reason="Left the team")
    assert roles_of(cast.bob) == set()
    assert bob.get("/assets/").status_code == 403
    line = line_of(review, cast.bob)
    assert (line.decision, line.reason, line.decided_by_name) == ("revoke", "Left the team", "Alice Test")
    assert "decided already by Alice Test" in decide(alice, review, line, decision="keep")


def test_a_decision_needs_a_choice_and_a_reason_and_is_all_or_none(cast: Cast) -> None:
    review, alice = begun(cast), confirmed(cast.alice)
    bob, own = line_of(review, cast.bob), line_of(review, cast.alice)
    for decision, reason in (("keep", "  "), ("", "Why"), ("crown", "Why")):
        assert "and why" in decide(alice, review, bob, decision=decision, reason=reason)
    assert "Choose at least one" in decide(alice, review)
    assert "Nobody decides on their own" in decide(alice, review, bob, own)
    assert line_of(review, cast.bob).decision == ""
    other = begun(cast, unit=cast.sibling)
    assert "Choose at least one" in decide(alice, other, bob), "a line of another review"


def test_a_role_is_reviewed_by_who_may_give_it(cast: Cast) -> None:
    ada = person_with("administrator", cast.group, "Ada")
    review, client = begun(cast), confirmed(ada)
    for person in (cast.alice, cast.bob, cast.dan):
        assert "who may give it" in decide(client, review, line_of(review, person), decision="revoke")
    assert "1 kept" in decide(client, review, line_of(review, cast.eve))
    assert (
        "finished by a head of security"
        in client.post(f"/access/reviews/{review.pk}/finish/", follow=True).content.decode()
    )
    assert roles_of(cast.bob) == {("analyst", "com")}


def test_the_last_head_of_security_stays_and_nothing_is_written(cast: Cast) -> None:
    with being(None):
        paula = invite(email="paula@remit.example", name="Paula", role="head_of_security", unit=cast.group)
        grant(user=paula, role="head_of_security", unit=cast.group, expires_on=localdate() + 99 * DAY)
    review = begun(cast)
    said = decide(confirmed(paula), review, line_of(review, cast.alice), decision="revoke")
    assert "last head of security" in said
    assert line_of(review, cast.alice).decision == ""
    assert roles_of(cast.alice) == {("head_of_security", "grp")}


def test_revoking_a_role_by_a_group_takes_the_person_out(cast: Cast) -> None:
    with being(None):
        desk = Group.objects.create(name="Desk")
        desk.members.add(cast.eve, cast.carol)
        grant(group=desk, role="analyst", unit=cast.team)
        grant(group=desk, role="owner", unit=cast.sibling)
    review, alice = begun(cast), confirmed(cast.alice)
    with being(None):
        one, two = ReviewedGrant.objects.filter(review=review, person=cast.eve, group_name="Desk")
    decide(alice, review, one, decision="revoke", reason="Moved on")
    assert set(desk.members.all()) == {cast.carol}
    with being(None):
        assert Grant.objects.filter(group=desk).count() == 2, "the group keeps its roles"
    with being(None):
        two.refresh_from_db()
        kept, other = ReviewedGrant.objects.filter(review=review, person=cast.carol, group_name="Desk")
    assert (two.decision, two.reason) == ("revoke", "Taken out of Desk: Moved on")
    decide(alice, review, kept)
    assert "kept in another role by the same group" in decide(alice, review, other, decision="revoke")
    assert set(desk.members.all()) == {cast.carol}


def test_a_review_is_finished_with_all_decided_but_ones_own(cast: Cast) -> None:
    review, alice = begun(cast), confirmed(cast.alice)
    home = f"/access/reviews/{review.pk}/"
    assert "4 grants are not decided yet" in alice.post(f"{home}finish/", follow=True).content.decode()
    decide(alice, review, *(line_of(review, p) for p in (cast.bob, cast.carol, cast.dan, cast.eve)))
    reply = alice.post(f"{home}finish/", follow=True).content.decode()
    assert "5 grants: 4 kept, 0 revoked, 1 not decided" in reply
    assert "This review is finished" in decide(alice, review, line_of(review, cast.alice))
    assert "This review is finished" in alice.post(f"{home}finish/", follow=True).content.decode()
    text = alice.get(f"{home}evidence.txt").content.decode()
    assert f"ARV-{review.pk}" in text
    assert "Bob Test <bob@remit.example>: Security analyst or lead of Harbour Company" in text
    rows = list(csv.reader(io.StringIO(alice.get(f"{home}evidence.csv").content.decode("utf-8-sig"))))
    assert rows[0] == list(review_rules.HEADS)
    assert len(rows) == 6
    assert alice.get(f"{home}evidence.exe").status_code == 404


def test_the_evidence_runs_no_formula(cast: Cast) -> None:
    with being(None):
        User.objects.filter(pk=cast.bob.pk).update(name="=cmd()")
    review = begun(cast)
    rows = csv.reader(io.StringIO(
        signed_in(cast.alice).get(f"/access/reviews/{review.pk}/evidence.csv").content.decode("utf-8-sig")
    ))  # fmt: skip
    assert "'=cmd()" in {row[0] for row in rows}


def test_a_review_is_begun_once_and_for_ones_own_units(cast: Cast) -> None:
    alice = confirmed(cast.alice)
    assert "for 90 days" in alice.get("/access/").content.decode()
    data = {"unit_id": cast.group.pk, "due_on": localdate() + DAY}
    assert alice.post("/access/reviews/new/", data).status_code == 302
    assert "for 90 days" not in alice.get("/access/").content.decode()
    again = alice.post("/access/reviews/new/", data)
    assert (again.status_code, "under way" in again.content.decode()) == (422, True)
    for day in (localdate() - DAY, localdate() + 400 * DAY):
        assert alice.post("/access/reviews/new/", {**data, "due_on": day}).status_code == 422
    paula = confirmed(person_with("head_of_security", cast.company, "Paula"))
    assert paula.post("/access/reviews/new/", data).status_code == 422
    with being(None):
        review = AccessReview.objects.get()
    for last in ("", "evidence.csv"):
        hidden, missing = (paula.get(f"/access/reviews/{key}/{last}") for key in (review.pk, MISSING))
        assert (hidden.status_code, missing.status_code) == (404, 404)
    for last in ("decide/", "finish/"):
        assert paula.post(f"/access/reviews/{review.pk}/{last}").status_code == 404
    assert "No review yet" in paula.get("/access/reviews/").content.decode()


def test_a_review_asks_for_the_password_again(cast: Cast) -> None:
    with being(None):
        cast.alice.set_password("a sentence to keep")
        cast.alice.save()
    client = signed_in(cast.alice)
    reply = client.post("/access/reviews/new/", {"unit_id": cast.group.pk, "due_on": localdate()})
    assert reply["Location"].startswith("/account/reauthenticate/")


def test_what_was_frozen_and_decided_stays(cast: Cast) -> None:
    review = begun(cast)
    with being(cast.alice):
        for sql in (
            "update kernel_reviewedgrant set person_name = 'X'",
            "update kernel_reviewedgrant set role = 'owner'",
            "delete from kernel_reviewedgrant",
            "delete from kernel_accessreview",
            "delete from kernel_engagement",
        ):
            with pytest.raises(ProgrammingError, match="permission denied"), transaction.atomic():
                connection.cursor().execute(sql)
    with being(cast.bob):
        assert not AccessReview.objects.exists()
        assert not ReviewedGrant.objects.filter(review=review).exists()
        assert not ReviewedGrant.objects.update(decision="keep", decided_at=timezone.now())


def test_an_overdue_review_is_brought_to_the_heads_by_work(cast: Cast) -> None:
    with being(None):
        paula = invite(email="paula@remit.example", name="Paula", role="head_of_security", unit=cast.company)
    review = begun(cast, by=cast.alice, unit=cast.company)
    assert reminding.remind(localdate() + 7 * DAY) == []
    asked = reminding.remind(localdate() + 8 * DAY)
    assert {work.owner_id for work in asked} == {cast.alice.pk, paula.pk}
    assert "3 grants are not decided" in asked[0].title or "4 grants are not decided" in asked[0].title
    assert reminding.remind(localdate() + 9 * DAY) == []
    with being(None):
        AccessReview.objects.filter(pk=review.pk).update(due_on=localdate() - DAY)
    assert "Overdue" in signed_in(paula).get("/access/reviews/").content.decode()
    decide(confirmed(paula), review, *(line_of(review, p) for p in (cast.bob, cast.carol, cast.dan)))
    confirmed(paula).post(f"/access/reviews/{review.pk}/finish/")
    with being(None):
        assert set(Work.objects.filter(about_id=review.pk).values_list("state", flat=True)) == {"done"}


def test_a_large_review_asks_a_fixed_number_of_queries(cast: Cast, django_assert_max_num_queries: Any) -> None:
    with being(None):
        for number in range(120):
            invite(email=f"p{number}@remit.example", name=f"P{number}", role="employee", unit=cast.company)
    review, alice = begun(cast), signed_in(cast.alice)
    alice.get(f"/access/reviews/{review.pk}/")
    with django_assert_max_num_queries(25):
        page = alice.get(f"/access/reviews/{review.pk}/?show=waiting").content.decode()
    assert "Page 1 of 2" in page
    assert alice.get(f"/access/reviews/{review.pk}/?page=2&role=employee").status_code == 200
    assert "Nothing here" in alice.get(f"/access/reviews/{review.pk}/?show=revoked").content.decode()
