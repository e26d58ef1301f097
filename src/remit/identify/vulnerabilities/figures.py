"""The numbers of vulnerability management; each docstring is the formula that its page shows."""

from datetime import UTC, datetime, time, timedelta

from django.db.models import Avg, DurationField, ExpressionWrapper, F

from remit.identify.vulnerabilities.models import OPEN, Acceptance, Occurrence, PriorityLevel
from remit.kernel.figures.registry import Scope, Value, figure

KINDS = ("vulnerabilities.occurrence",)
STANDS = "state=open&state=in_progress&state=reopened"


@figure(
    "findings_to_act_on",
    "Act now",
    unit="findings",
    better="lower",
    target=0,
    kinds=KINDS,
    group="identify",
    counts=True,
)
def findings_to_act_on(scope: Scope) -> Value:
    """Open findings whose priority is Act: exploited or easily exploited, reachable, and on something that matters."""
    return Value(
        None, scope.of(Occurrence).filter(state__in=OPEN, level=PriorityLevel.ACT), list_query=f"{STANDS}&level=3"
    )


@figure(
    "findings_to_attend_to", "Attend soon", unit="findings", better="lower", kinds=KINDS, group="identify", counts=True
)
def findings_to_attend_to(scope: Scope) -> Value:
    """Open findings whose priority is Attend: to be fixed ahead of the ordinary round of updates."""
    return Value(
        None, scope.of(Occurrence).filter(state__in=OPEN, level=PriorityLevel.ATTEND), list_query=f"{STANDS}&level=2"
    )


@figure("findings_open", "Open findings", unit="findings", better="lower", kinds=KINDS, group="identify", counts=True)
def findings_open(scope: Scope) -> Value:
    """Findings that are open, in progress or reopened, informational ones left out."""
    found = scope.of(Occurrence).filter(state__in=OPEN, level__gte=PriorityLevel.TRACK)
    return Value(None, found, list_query=f"{STANDS}&level=1&level=2&level=3")


@figure(
    "findings_overdue", "Overdue", unit="findings", better="lower", target=0, kinds=KINDS, group="identify", counts=True
)
def findings_overdue(scope: Scope) -> Value:
    """Open findings whose due day has passed. It follows from priority, day first seen, and CISA's date."""
    yesterday = scope.today - timedelta(days=1)
    return Value(
        None,
        scope.of(Occurrence).filter(state__in=OPEN, due_on__lt=scope.today),
        list_query=f"{STANDS}&due_on_max={yesterday}",
    )


@figure(
    "findings_exploited",
    "Known exploited",
    unit="findings",
    better="lower",
    target=0,
    kinds=KINDS,
    group="identify",
    counts=True,
)
def findings_exploited(scope: Scope) -> Value:
    """Open findings of which a CVE is in CISA's catalogue of known exploited vulnerabilities."""
    return Value(None, scope.of(Occurrence).filter(state__in=OPEN, weakness__kev_added__isnull=False))


@figure(
    "days_to_remediate", "Mean time to remediate", unit="days", better="lower", target=30, kinds=KINDS, group="identify"
)
def days_to_remediate(scope: Scope) -> Value:
    """Mean days from first seen to fixed, over findings above informational that were fixed in the last 90 days."""
    until = datetime.combine(scope.today + timedelta(days=1), time(), UTC)
    fixed = scope.of(Occurrence).filter(
        fixed_at__gte=until - timedelta(days=90), fixed_at__lt=until, level__gte=PriorityLevel.TRACK
    )
    took = ExpressionWrapper(F("fixed_at") - F("first_seen"), output_field=DurationField())
    mean = fixed.aggregate(mean=Avg(took))["mean"]
    return Value(None if mean is None else round(mean.total_seconds() / 86_400, 1), fixed)


@figure(
    "acceptances_lapsing",
    "Acceptances that lapse",
    unit="acceptances",
    better="lower",
    kinds=("vulnerabilities.acceptance",),
    group="govern",
    counts=True,
)
def acceptances_lapsing(scope: Scope) -> Value:
    """Granted acceptances whose last day is within the next 30 days, or already past."""
    last = scope.today + timedelta(days=30)
    return Value(
        None,
        scope.of(Acceptance).filter(state="granted", expires_on__lte=last),
        list_query=f"state=granted&expires_on_max={last}",
    )
