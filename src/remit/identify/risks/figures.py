"""The numbers of the register; each docstring is the formula that its page shows."""

from datetime import timedelta

from django.db.models import Count, Sum

from remit.identify.risks.models import OPEN, Indicator, Risk, RiskAcceptance
from remit.kernel.figures.registry import Scope, Value, figure

KINDS = ("risks.risk",)
STANDS = "&".join(f"state={state}" for state in OPEN)


@figure("risk_annual_loss", "Expected annual loss", unit="", better="lower", kinds=KINDS, group="identify")
def risk_annual_loss(scope: Scope) -> Value:
    """Sum of the expected annual loss of open risks, in the currency that most of them are in; means add up."""
    rows = scope.of(Risk).filter(state__in=OPEN, annual_loss__isnull=False)
    sums = rows.order_by().values("currency").annotate(risks=Count("pk"), loss=Sum("annual_loss"))
    found = sorted(sums, key=lambda each: -each["risks"])
    if not found:
        return Value(None, rows)
    first, others = found[0], sum(each["risks"] for each in found[1:])
    left_out = f"; {others} in other currencies are not in it" if others else ""
    return Value(
        round(first["loss"]),
        rows.filter(currency=first["currency"]),
        note=f"{first['currency']} a year, {first['risks']} risks{left_out}",
    )


@figure(
    "risks_over_appetite",
    "Risks over appetite",
    unit="risks",
    better="lower",
    kinds=KINDS,
    group="identify",
    counts=True,
)
def risks_over_appetite(scope: Scope) -> Value:
    """Open risks that cost more than the appetite laid down for them, but not more than the tolerance."""
    found = scope.of(Risk).filter(state__in=OPEN, appetite_state="over_appetite")
    return Value(None, found, list_query=f"{STANDS}&appetite_state=over_appetite")


@figure(
    "risks_over_tolerance",
    "Risks over tolerance",
    unit="risks",
    better="lower",
    target=0,
    kinds=KINDS,
    group="identify",
    counts=True,
)
def risks_over_tolerance(scope: Scope) -> Value:
    """Open risks, accepted ones included, that cost more than the tolerance laid down for them."""
    found = scope.of(Risk).filter(state__in=OPEN, appetite_state="over_tolerance")
    return Value(None, found, list_query=f"{STANDS}&appetite_state=over_tolerance")


@figure(
    "risk_reviews_overdue",
    "Risk reviews overdue",
    unit="risks",
    better="lower",
    target=0,
    kinds=KINDS,
    group="identify",
    counts=True,
)
def risk_reviews_overdue(scope: Scope) -> Value:
    """Open risks whose next review should have been before today."""
    yesterday = scope.today - timedelta(days=1)
    found = scope.of(Risk).filter(state__in=OPEN, next_review__lt=scope.today)
    return Value(None, found, list_query=f"{STANDS}&next_review_max={yesterday}")


@figure(
    "risk_acceptances_ending",
    "Risk acceptances that end",
    unit="acceptances",
    better="lower",
    kinds=("risks.riskacceptance",),
    group="govern",
    counts=True,
)
def risk_acceptances_ending(scope: Scope) -> Value:
    """Granted acceptances of risks whose last day is within the next 30 days, or already past."""
    last = scope.today + timedelta(days=30)
    found = scope.of(RiskAcceptance).filter(state="granted", expires_on__lte=last)
    return Value(None, found, list_query=f"state=granted&expires_on_max={last}")


@figure(
    "risk_indicators_red",
    "Risk indicators on red",
    unit="indicators",
    better="lower",
    target=0,
    kinds=("risks.indicator",),
    group="identify",
    counts=True,
)
def risk_indicators_red(scope: Scope) -> Value:
    """Key risk indicators of which the newest reading has reached the red threshold."""
    return Value(None, scope.of(Indicator).filter(status="red"), list_query="status=red")
