"""Contracts: notice, use, renewals that ask somebody, and the brief."""

from __future__ import annotations

from datetime import date, timedelta
from decimal import Decimal
from typing import Any

import pytest
from django.test import Client
from django.utils.timezone import localdate

from remit.govern.budget import calendar
from remit.govern.budget.models import Contract, Investment, PricePoint, UsageReading
from remit.kernel.figures.registry import Scope, find, read
from remit.kernel.work.models import Work
from tests.conftest import Cast, being, make, signed_in


@pytest.fixture
def contract(cast: Cast) -> Contract:
    today = localdate()
    made: Contract = make(
        Contract,
        title="Log platform",
        supplier="Quarrystone <b>",
        starts=today - timedelta(days=700),
        ends=today + timedelta(days=120),
        notice_days=90,
        renewal="automatic",
        price_per_year=Decimal(100_000),
        entitlement=Decimal(1000),
        measure="seats",
        unit=cast.company,
        owner=cast.carol,
        state="active",
    )
    return made


def use(contract: Contract, used: int, days_ago: int) -> UsageReading:
    on = localdate() - timedelta(days=days_ago)
    reading: UsageReading = make(UsageReading, contract=contract, unit=contract.unit, on=on, used=Decimal(used))
    return reading


def held(contract: Contract) -> Contract:
    with being(None):
        return Contract.objects.get(pk=contract.pk)


def test_notice_and_unused_follow_what_they_are_made_of(contract: Contract) -> None:
    assert held(contract).notice_on == localdate() + timedelta(days=30)
    assert held(contract).unused == 0
    use(contract, 950, 300)
    newest = use(contract, 600, 10)
    assert (held(contract).used, held(contract).unused) == (Decimal(600), Decimal(40_000))
    with being(None):
        newest.delete()
    assert held(contract).unused == Decimal(5_000)


def test_renewing_asks_for_the_new_end(contract: Contract, browser: Client) -> None:
    later = contract.ends + timedelta(days=365)  # type: ignore[operator]
    reply = browser.post(f"{contract.get_absolute_url()}move/renew/", {"ends": later.isoformat()})
    assert reply.status_code == 302
    assert held(contract).notice_on == later - timedelta(days=90)


def test_the_owner_is_asked_once_and_the_task_closes_when_decided(contract: Contract, cast: Cast) -> None:
    today = localdate()
    assert [work.owner_id for work in calendar.remind(today)] == [cast.carol.pk]
    assert calendar.remind(today) == []
    with being(None):
        task = Work.objects.get()
        assert (task.due_on, task.about_id) == (held(contract).notice_on, contract.pk)
        held(contract).move("give_notice")
    calendar.remind(today)
    with being(None):
        assert Work.objects.get().state == "done"


def test_a_contract_without_an_owner_is_the_heads_matter(contract: Contract, cast: Cast) -> None:
    with being(None):
        contract.owner = None
        contract.save()
    assert [work.owner_id for work in calendar.remind(localdate())] == [cast.alice.pk]


def test_the_calendar_shows_what_is_to_be_decided(contract: Contract, cast: Cast, browser: Client) -> None:
    hidden = make(
        Contract, title="Elsewhere", unit=cast.sibling, state="active", ends=localdate() + timedelta(days=100)
    )
    page = browser.get("/contracts/renewals/").content.decode()
    assert "One contract is to be decided on now" not in page  # the other one's notice is near as well
    assert "Elsewhere" in page
    seen = signed_in(cast.bob).get("/contracts/renewals/").content.decode()
    assert "Log platform" in seen
    assert hidden.title not in seen
    assert "Renews by itself" in seen


def test_the_brief_is_a_page_and_a_paper(contract: Contract, cast: Cast, browser: Client) -> None:
    for ago, price in ((700, 80_000), (300, 100_000)):
        make(
            PricePoint,
            contract=contract,
            unit=contract.unit,
            since=localdate() - timedelta(days=ago),
            price_per_year=Decimal(price),
            quantity=Decimal(1000),
        )
    use(contract, 640, 100)
    use(contract, 600, 10)
    address = f"{contract.get_absolute_url()}brief/"
    page = browser.get(address).content.decode()
    assert "EUR 36,000" in page
    assert "Reduce the entitlement to 640 seats" in page
    assert "Quarrystone &lt;b&gt;" in page
    assert "Cap the yearly rise" in page
    assert browser.get(f"{address}report.pdf").content[:5] == b"%PDF-"
    assert browser.get(f"{address}report.docx").status_code == 404


def test_a_hidden_contract_has_no_brief(contract: Contract, cast: Cast) -> None:
    eve, bob, carol = signed_in(cast.eve), signed_in(cast.bob), signed_in(cast.carol)
    for last in ("brief/", "brief/report.pdf", "brief/report.xlsx"):
        there, nowhere = (eve.get(f"/contracts/{pk}/{last}") for pk in (contract.pk, 999_999))
        assert there.status_code == nowhere.status_code == 404
    assert bob.get(f"/contracts/{contract.pk}/brief/report.xlsx").status_code == 200
    assert carol.get(f"/contracts/{contract.pk}/brief/").status_code == 200  # hers
    assert carol.get(f"/contracts/{contract.pk}/brief/report.xlsx").status_code == 403


def test_what_is_unused_is_told_in_one_currency(contract: Contract, cast: Cast) -> None:
    use(contract, 250, 1)
    dollars: dict[str, Any] = {
        "currency": "USD",
        "entitlement": Decimal(2),
        "price_per_year": Decimal(10),
        "state": "active",
    }
    other = make(Contract, title="Other", unit=cast.company, ends=date(2040, 1, 1), **dollars)
    use(other, 1, 1)
    with being(cast.alice):
        value = read(find("licences_unused"), Scope(localdate()))
    assert value.value == 75_000
    assert "without USD: no rate is known" in value.note


def test_effects_are_typed_in_hundredths_and_bad_ones_are_named(cast: Cast, browser: Client, monkeypatch: Any) -> None:
    from remit.govern.budget import investment_pages
    from remit.govern.budget.losses import Loss

    known = [
        Loss("RSK-1", "Ransomware", 500_000.0, "EUR", "/risks/1/"),
        Loss("RSK-2", "Fraud", 80_000.0, "EUR", "/risks/2/"),
    ]
    monkeypatch.setattr(investment_pages, "losses", lambda restricted: known)
    plan = make(Investment, title="Backups", unit=cast.company, effects={"RSK-9": {"frequency": 0.1}})
    address = f"{plan.get_absolute_url()}effects/"
    assert "Ransomware" in browser.get(address).content.decode()
    reply = browser.post(address, {"version": "1", "frequency-RSK-1": "30", "magnitude-RSK-2": "120"})
    assert reply.status_code == 422
    assert "from 0 to 100" in reply.content.decode()
    reply = browser.post(address, {"version": "1", "frequency-RSK-1": "30", "magnitude-RSK-1": "12.5%"})
    assert reply.status_code == 302
    with being(None):
        assert Investment.objects.get().effects == {
            "RSK-9": {"frequency": 0.1},
            "RSK-1": {"frequency": 0.3, "magnitude": 0.125},
        }
    assert browser.post(address, {"version": "1", "frequency-RSK-1": "1"}).status_code == 409
    assert signed_in(cast.eve).get(address).status_code == 404


def test_an_investment_names_others_that_exist(cast: Cast, browser: Client) -> None:
    sent = {
        "title": "Keys", "function": "protect", "currency": "EUR", "one_off": "1", "yearly": "0", "person_days": "5",
        "requires": "INV-77", "unit": cast.company.pk,
    }  # fmt: skip
    reply = browser.post("/investments/new/", sent)
    assert reply.status_code == 422
    assert "There is no other investment INV-77" in reply.content.decode()
