"""Breaking the glass: who may, what it opens, who is told, and that trying tells nothing."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from django.db import connection
from django.utils import timezone

from remit.identify.assets.models import Asset
from remit.kernel.access import break_glass as glass
from remit.kernel.access.models import NeedToKnow
from remit.kernel.access.services import invite
from remit.kernel.ledger.reading import history
from remit.kernel.work.models import Work
from tests.conftest import Cast, being, confirmed, signed_in, with_password
from tests.security.helpers import MISSING, body, record_in

URL = "/access/break-glass/"
REASON = "The owner is away and the machine is under attack."


def tries(person: Any) -> int:
    with being(person), connection.cursor() as cursor:
        cursor.execute(
            "select remit_deeds(%s, array['refuse', 'break glass'], %s)",
            (glass.KIND, timezone.now() - timedelta(hours=1)),
        )
        return int(cursor.fetchone()[0])


def broken(person: Any, reference: str, reason: str = REASON) -> Any:
    return confirmed(signed_in(person)).post(URL, {"reference": reference, "reason": reason})


@pytest.fixture
def secret(cast: Cast) -> Asset:
    return record_in(Asset, cast.company, cast.carol, name="quetzal", restricted=True)  # type: ignore[no-any-return]


def test_it_opens_the_record_for_four_hours_and_tells_who_answers_for_it(cast: Cast, secret: Asset) -> None:
    with being(None):
        other = invite(email="hanna@remit.example", name="Hanna", role="head_of_security", unit=cast.company)
    assert signed_in(cast.alice).get(f"/assets/{secret.pk}/").status_code == 404
    reply = broken(cast.alice, secret.ref.lower())
    assert reply["Location"] == f"/assets/{secret.pk}/"
    page = signed_in(cast.alice).get(f"/assets/{secret.pk}/").content.decode()
    assert "You broke the glass: you see this record until" in page
    with being(None):
        leave = NeedToKnow.objects.get()
        assert leave.until is not None
        assert timedelta(hours=3, minutes=59) < leave.until - timezone.now() <= timedelta(hours=4)
        told = {work.owner_id: work for work in Work.objects.all()}
    assert set(told) == {cast.carol.pk, other.pk}
    assert all("quetzal" not in f"{work.title} {work.detail}" and REASON in work.detail for work in told.values())
    assert signed_in(other).get(f"/assets/{secret.pk}/").status_code == 404, "to be told is not to see it"
    assert secret.ref in signed_in(other).get("/inbox/").content.decode()
    with being(cast.carol):
        entry = next(e for e in history("assets.asset", secret.pk) if e.verb == "break glass")
    assert (entry.actor_id, entry.note) == (cast.alice.pk, REASON)
    with being(None):
        NeedToKnow.objects.update(until=timezone.now() - timedelta(hours=1))
    assert signed_in(cast.alice).get(f"/assets/{secret.pk}/").status_code == 404


def test_the_owner_takes_the_leave_back(cast: Cast, secret: Asset) -> None:
    broken(cast.alice, secret.ref)
    with being(None):
        leave = NeedToKnow.objects.get()
    assert "Broke the glass" in signed_in(cast.carol).get(f"/assets/{secret.pk}/").content.decode()
    signed_in(cast.carol).post(f"/assets/{secret.pk}/need-to-know/{leave.pk}/take-back/")
    assert signed_in(cast.alice).get(f"/assets/{secret.pk}/").status_code == 404


def test_two_worlds_answer_alike(cast: Cast, secret: Asset) -> None:
    """Missing, not restricted, of another unit, seen already, no reference: one answer, byte for byte, and an entry."""
    with being(None):
        head = invite(email="hanna@remit.example", name="Hanna", role="head_of_security", unit=cast.sibling)
        open_one = record_in(Asset, cast.sibling)
        own = record_in(Asset, cast.sibling, head, restricted=True)
    references = [secret.ref, f"AST-{MISSING}", open_one.ref, own.ref, "ZZZ-1", "<b>AST</b>", ""]
    answers = []
    for reference in references:
        reply = broken(head, reference)
        echoed = body(reply).replace(b'value="' + reference.encode() + b'"', b'value=""')
        answers.append((reply.status_code, echoed.replace(b"&lt;b&gt;AST&lt;/b&gt;", b"")))
    assert {status for status, _ in answers} == {422}
    assert len(set(answers)) == 1
    assert tries(head) == len(references)
    with being(None):
        assert not NeedToKnow.objects.exists()


@pytest.mark.parametrize("name", ["bob", "carol", "dan", "eve"])
def test_nobody_else_breaks_it(name: str, cast: Cast, secret: Asset) -> None:
    client = confirmed(signed_in(getattr(cast, name)))
    assert client.get(URL).status_code == 403
    assert client.post(URL, {"reference": secret.ref, "reason": REASON}).status_code == 403
    with being(None):
        assert not NeedToKnow.objects.exists()


@pytest.mark.parametrize("reason", ["", "because", " " * 40, "x" * 201])
def test_it_needs_a_reason_that_says_something(reason: str, cast: Cast, secret: Asset) -> None:
    assert broken(cast.alice, secret.ref, reason).status_code == 422
    assert (tries(cast.alice), signed_in(cast.alice).get(f"/assets/{secret.pk}/").status_code) == (0, 404)


def test_it_asks_who_one_is_before_it_looks(cast: Cast, secret: Asset) -> None:
    for reference in (secret.ref, f"AST-{MISSING}"):
        reply = signed_in(with_password(cast.alice)).post(URL, {"reference": reference, "reason": REASON})
        assert reply["Location"].startswith("/account/reauthenticate/")
    assert tries(cast.alice) == 0


def test_ten_tries_an_hour(cast: Cast, secret: Asset) -> None:
    statuses = [broken(cast.alice, f"AST-{MISSING}").status_code for _ in range(glass.MOST)]
    assert statuses == [422] * glass.MOST
    late = broken(cast.alice, secret.ref)
    assert late.status_code == 429
    assert "Wait, or ask the owner" in late.content.decode()
    assert signed_in(cast.alice).get(f"/assets/{secret.pk}/").status_code == 404
