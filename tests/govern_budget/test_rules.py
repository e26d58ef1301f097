"""What money over a year means, without a database."""

from __future__ import annotations

from datetime import date, timedelta
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from remit.govern.budget import contract_rules, rules
from remit.govern.budget.contract_rules import Price, Reading, Terms
from remit.govern.budget.rules import MissingRateError, Rate

MARCH = date(2026, 3, 1)
RATES = (
    Rate("USD", "EUR", date(2026, 1, 1), Decimal("0.90")),
    Rate("USD", "EUR", date(2026, 2, 1), Decimal("0.92")),
    Rate("EUR", "GBP", date(2026, 1, 1), Decimal("0.80")),
)
TERMS = Terms(
    title="Log platform",
    supplier="Quarrystone",
    currency="USD",
    price=Decimal(500_000),
    starts=date(2024, 4, 1),
    ends=date(2026, 6, 30),
    notice_days=100,
    renews=True,
    entitlement=Decimal(1000),
    measure="GB a day",
    prices=(
        Price(date(2024, 4, 1), Decimal(400_000), Decimal(1000)),
        Price(date(2026, 4, 1), Decimal(484_000), Decimal(1000)),
    ),
    usage=(Reading(date(2025, 1, 1), Decimal(990)), Reading(date(2026, 2, 1), Decimal(700))),
    alternatives=("Openwell", "a lake of our own"),
)


def test_the_last_rate_known_on_the_day_counts() -> None:
    assert rules.converted(Decimal(100), "USD", "EUR", date(2026, 1, 31), RATES) == Decimal("90.00")
    assert rules.converted(Decimal(100), "USD", "EUR", date(2026, 2, 1), RATES) == Decimal("92.00")
    assert rules.converted(Decimal(100), "EUR", "EUR", date(1990, 1, 1), ()) == Decimal("100.00")


def test_the_inverse_of_a_pair_is_known_too() -> None:
    assert rules.converted(Decimal(80), "GBP", "EUR", MARCH, RATES) == Decimal("100.00")
    both = (*RATES, Rate("GBP", "EUR", date(2026, 1, 1), Decimal("1.30")))
    assert rules.converted(Decimal(80), "GBP", "EUR", MARCH, both) == Decimal("104.00")


@pytest.mark.parametrize(("base", "quote", "on"), [("USD", "EUR", date(2025, 12, 31)), ("SEK", "EUR", MARCH)])
def test_a_missing_rate_names_currency_and_day(base: str, quote: str, on: date) -> None:
    with pytest.raises(MissingRateError, match=f"from {base} to {quote} is known on {on}"):
        rules.rate_at(base, quote, on, RATES)


def test_variance_and_when_it_is_to_be_explained() -> None:
    assert rules.variance_percent(Decimal(1000), Decimal(1105)) == Decimal("10.5")
    assert rules.variance_percent(Decimal(0), Decimal(5)) is None
    assert not rules.wants_reason(Decimal(100_000), Decimal(110_000))  # ten per cent, and no more
    assert rules.wants_reason(Decimal(100_000), Decimal("110000.01"))
    assert rules.wants_reason(Decimal(100_000), Decimal(80_000))
    assert not rules.wants_reason(Decimal(1000), Decimal(5000))  # much, of little
    assert rules.wants_reason(Decimal(0), Decimal(6000))


def test_months_of_a_year_that_begins_anywhere() -> None:
    found = rules.months_of(date(2025, 7, 15), date(2026, 6, 30))
    assert (len(found), found[0], found[-1]) == (12, date(2025, 7, 1), date(2026, 6, 1))
    assert rules.months_later(date(2026, 8, 31), 18) == date(2028, 2, 29)
    assert rules.month_end(date(2026, 2, 3)) == date(2026, 2, 28)


@given(st.decimals(0, 10**9, places=2), st.integers(1, 24))
def test_an_even_plan_adds_up_to_the_cent(plan: Decimal, months: int) -> None:
    parts = rules.phased(plan, months)
    assert sum(parts, Decimal(0)) == plan
    assert len(parts) == months


def test_phasing_must_agree_with_months_and_plan() -> None:
    assert rules.phasing_problem(Decimal(10), 2, [Decimal(4), Decimal(6)]) == ""
    assert "each of the 12 months" in rules.phasing_problem(Decimal(10), 12, [Decimal(10)])
    assert "add up to 9.00, the plan is 10.00" in rules.phasing_problem(Decimal(10), 2, [Decimal(4), Decimal(5)])


def test_burn_runs_up() -> None:
    assert rules.burn([Decimal(1), Decimal(2)], [Decimal(5), Decimal(0)]) == [(1, 5), (3, 5)]


def test_notice_is_counted_back_from_the_end() -> None:
    assert contract_rules.notice_day(date(2026, 6, 30), 90) == date(2026, 4, 1)
    assert contract_rules.notice_day(None, 90) is None


def test_the_brief_counts_what_nobody_uses() -> None:
    found = contract_rules.brief(TERMS, MARCH, year_ends=date(2026, 12, 31))
    assert (found.used, found.peak, found.unused) == (Decimal(700), Decimal(700), Decimal(300))
    assert found.unused_money == Decimal("150000.00")
    assert found.unit_price == Decimal("500.00")
    assert found.growth == Decimal("0.21")
    assert found.yearly_growth is not None
    assert abs(found.yearly_growth - Decimal("0.1")) < Decimal("0.001")
    assert found.asks[0].startswith("Reduce the entitlement to 700 GB a day")
    assert "USD 150,000 a year" in found.asks[0]
    assert any("Cap the yearly rise" in ask for ask in found.asks)
    assert any("Openwell, a lake of our own" in ask for ask in found.asks)
    assert any("Shorten the notice of 100 days" in ask for ask in found.asks)


def test_the_brief_says_when_there_is_leverage() -> None:
    days = contract_rules.brief(TERMS, MARCH, year_ends=date(2026, 12, 31)).deadlines
    assert [each.on for each in days] == sorted(each.on for each in days)
    assert {each.on for each in days} == {
        date(2026, 3, 22), date(2026, 3, 31), date(2026, 6, 30), date(2026, 12, 31),
    }  # fmt: skip
    assert contract_rules.brief(TERMS, date(2026, 4, 1)).deadlines[0].passed


def test_a_brief_of_a_bare_contract_asks_little_and_claims_nothing() -> None:
    bare = Terms("Audit", "Larch", "EUR", Decimal(0), MARCH, None, 0, renews=False)
    found = contract_rules.brief(bare, MARCH)
    assert (found.unit_price, found.unused, found.growth, found.yearly_growth) == (None, None, None, None)
    assert found.asks == ("Find one alternative, even a partial one: without it you ask, with it you choose.",)


def test_old_readings_do_not_hide_a_fall_in_use() -> None:
    since = tuple(
        Reading(MARCH - timedelta(days=days), Decimal(used)) for days, used in ((400, 950), (90, 400), (5, 350))
    )
    found = contract_rules.brief(
        Terms("a", "b", "EUR", Decimal(100), MARCH, None, 0, False, Decimal(1000), usage=since), MARCH
    )
    assert (found.peak, found.unused) == (Decimal(400), Decimal(600))


def test_unused_is_nothing_where_use_is_not_known() -> None:
    assert contract_rules.unused_value(Decimal(10), Decimal(4), Decimal(1000)) == Decimal("600.00")
    assert contract_rules.unused_value(Decimal(10), None, Decimal(1000)) == 0
    assert contract_rules.unused_value(None, Decimal(4), Decimal(1000)) == 0
    assert contract_rules.unused_value(Decimal(10), Decimal(14), Decimal(1000)) == 0
