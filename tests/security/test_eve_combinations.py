"""What no one part shows by itself: views and secrets, days and pages, restricted records and what leaves the house."""

from __future__ import annotations

import json
from datetime import timedelta

import pytest
from django.utils import timezone

from remit.identify.assets.models import Asset
from remit.kernel.access import viewing as looking_at
from remit.kernel.access.services import invite
from remit.kernel.identity import tokens
from remit.kernel.outbox import feeds
from remit.kernel.outbox.delivering import payload
from remit.kernel.outbox.models import Delivery, Webhook
from tests.conftest import Cast, being, engaged, signed_in
from tests.security.helpers import record_in
from tests.security.test_view_as import viewing

# Views and secrets


def test_what_opens_without_signing_in_is_not_written_down_while_viewing(
    cast: Cast, monkeypatch: pytest.MonkeyPatch
) -> None:
    told: list[str] = []
    with being(cast.alice):
        secret = feeds.renew(cast.alice.pk, timezone.now())
    client = viewing(cast.alice, cast.carol)
    monkeypatch.setattr(looking_at, "note", lambda verb, kind, records, text: told.append(text))
    assert client.get(f"/calendar/{secret}.ics").status_code == 200
    assert client.get(f"/welcome/{secret}/").status_code == 403
    assert [text.partition(": ")[2] for text in told] == ["/calendar/…", "/welcome/…/"]


CLOSED_TO_VIEWERS = (
    "/webhooks/", "/outbox/", "/retention/", "/account/tokens/", "/account/sessions/", "/account/notifications/",
    "/access/services/", "/access/roles/", "/access/reviews/", "/assets/export.csv", "/api/assets", "/api/me",
)  # fmt: skip


def test_what_is_ones_own_or_goes_out_is_closed_while_viewing(cast: Cast) -> None:
    client = viewing(cast.alice, cast.dan)
    assert {path: client.get(path).status_code for path in CLOSED_TO_VIEWERS} == dict.fromkeys(CLOSED_TO_VIEWERS, 403)


def test_a_token_acts_as_its_person_whoever_is_viewed_in_the_same_browser(cast: Cast) -> None:
    with being(cast.alice):
        secret = tokens.make(cast.alice, name="mine")[1]
    client = viewing(cast.alice, cast.dan)
    assert client.get("/api/me", headers={"Authorization": f"Bearer {secret}"}).json()["name"] == "Alice Test"


# Engagements


@pytest.mark.parametrize(("days", "status"), [(1, 403), (0, 200)])
def test_an_auditor_sees_the_ledgers_page_from_the_first_day_on(days: int, status: int, cast: Cast) -> None:
    with being(None):
        begins = timezone.localdate() + timedelta(days=days)
        audit = engaged(cast.company, title="Later", starts_on=begins, ends_on=begins + timedelta(days=9))
        auditor = invite(email="lena@remit.example", name="Lena", role="auditor", unit=cast.company, engagement=audit)
    assert signed_in(auditor).get("/ledger/").status_code == status


# Restricted records and what leaves the house


def test_a_webhook_does_not_carry_the_title_of_a_restricted_record_out(cast: Cast) -> None:
    record = record_in(Asset, cast.company, cast.alice, name="quetzal-secret", restricted=True)
    said = Delivery(webhook=Webhook(pk=1), kind="assets.asset", verb="create", record_id=record.pk, at=timezone.now())
    with being(cast.alice):
        told = payload(said, [cast.company.pk])
    assert told is not None
    assert json.loads(told)["data"]["title"] == "A restricted record"
    with being(cast.bob):
        assert payload(said, [cast.company.pk]) is None
