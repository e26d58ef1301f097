"""Effects: a line's actual amount follows its postings, a contract's use its readings, amounts follow their rates."""

from __future__ import annotations

from datetime import date
from typing import Any

from django.db import connection, transaction
from django.db.models.signals import post_delete, post_save
from django.dispatch import receiver
from django.utils.timezone import localdate

from remit.govern.budget import contract_rules, exchange
from remit.govern.budget.models import Contract, ExchangeRate, Posting, UsageReading
from remit.kernel import actor, money

money.rates(ExchangeRate.kind())(exchange.quoted)


@receiver((post_save, post_delete), sender=Posting, dispatch_uid="budget.actual")
def follow_posting(instance: Posting, **_: Any) -> None:
    """Add a line's postings up again whenever one of them changes."""
    add_up([instance.line_id])


def add_up(line_ids: list[int]) -> None:
    """Set the actual amounts of lines to the sums of their postings, as the system: whoever posts need not own them."""
    with actor.system("actual follows its postings"), connection.cursor() as cursor:
        cursor.execute(
            """update budget_budgetline l set actual = s.total
               from (select l.id, coalesce(sum(p.counted), 0) total from budget_budgetline l
                     left join budget_posting p on p.line_id = l.id where l.id = any(%s) group by l.id) s
               where s.id = l.id and l.actual is distinct from s.total""",
            (line_ids,),
        )


NEWEST = 400
"""Readings that are looked at: a day's for more than the half year that counts."""


@receiver((post_save, post_delete), sender=UsageReading, dispatch_uid="budget.used")
def follow_reading(instance: UsageReading, **_: Any) -> None:
    """Let a contract know how much of it was in use lately."""
    with actor.system("use follows its readings"):
        contract = Contract.objects.filter(pk=instance.contract_id).first()
        if contract is None:
            return
        read = UsageReading.objects.filter(contract=contract).order_by("-on", "-id").values_list("on", "used")
        used = contract_rules.peak([contract_rules.Reading(*row) for row in read[:NEWEST]])
        if contract.used != used:
            contract.used = used
            contract.save(update_fields=["used"])


@receiver((post_save, post_delete), sender=ExchangeRate, dispatch_uid="budget.rates")
def follow_rate(**_: Any) -> None:
    """Convert anew what a rate that came, changed or went may have converted."""
    revalue(localdate())


RATE = """select case when x.currency = {base} then x.rate else 1 / x.rate end rate from budget_exchangerate x
    where x."on" <= {day}
    and ((x.currency = {base} and x.quote = {quote}) or (x.currency = {quote} and x.quote = {base}))
    order by x."on" desc, (x.currency = {base}) desc, x.id desc limit 1"""
"""The last known rate of a day, of the pair or its inverse: what `rules.rate_at` says, for many rows at once."""
POSTINGS = f"""update budget_posting p set counted = w.counted from (
    select p.id, round(p.amount * r.rate, 2) counted from budget_posting p
    join budget_budgetline l on l.id = p.line_id join budget_fiscalyear y on y.id = l.fiscal_year_id
    cross join lateral ({RATE.format(base="p.currency", quote="l.currency", day="p.posted_on")}) r
    where p.currency <> l.currency and y.state <> 'closed') w
    where w.id = p.id and p.counted <> w.counted returning p.line_id"""  # noqa: S608  (made of constants)
LINES = f"""update budget_budgetline l set rate = w.rate from (
    select l.id, round(r.rate, 8) rate from budget_budgetline l join budget_fiscalyear y on y.id = l.fiscal_year_id
    cross join lateral ({RATE.format(base="l.currency", quote="y.currency", day="least(y.starts, %s::date)")}) r
    where l.currency <> y.currency and y.state not in ('approved', 'closed')) w
    where w.id = l.id and l.rate <> w.rate"""  # noqa: S608  (made of constants)


@transaction.atomic
def revalue(today: date) -> int:
    """Convert anew what the rates convert; closed years keep theirs, approved ones their plan's. Returns how many.

    What has lost its rate keeps the amount it had.
    """
    with actor.system("amounts follow their rates"), connection.cursor() as cursor:
        cursor.execute(POSTINGS)
        lines = [row[0] for row in cursor.fetchall()]
        cursor.execute(LINES, (today,))
        changed: int = len(lines) + cursor.rowcount
    if lines:
        add_up(sorted(set(lines)))
    return changed
