"""Figures of the kernel's own records: work that is owed, and how the people who work here sign in."""

from __future__ import annotations

from datetime import timedelta

from remit.kernel.access.models import Reach, User
from remit.kernel.access.roles import ROLES
from remit.kernel.figures.registry import Scope, Value, figure
from remit.kernel.work.models import Work

WORK = ("kernel.work",)


@figure("work_overdue", "Overdue work", unit="items", better="lower", target=0, kinds=WORK, group="govern", counts=True)
def work_overdue(scope: Scope) -> Value:
    """Open tasks, decisions, reviews and answers whose due day has passed."""
    yesterday = scope.today - timedelta(days=1)
    return Value(
        None,
        scope.of(Work).filter(state="open", due_on__lt=scope.today),
        list_query=f"state=open&due_on_max={yesterday}",
    )


@figure("decisions_waiting", "Decisions waiting", unit="items", better="lower", kinds=WORK, group="govern", counts=True)
def decisions_waiting(scope: Scope) -> Value:
    """Open approvals: somebody asked, and somebody has yet to decide."""
    return Value(None, scope.of(Work).filter(state="open", type="approval"), list_query="state=open&type=approval")


@figure(
    "privileged_with_second_factor",
    "Privileged people with a second factor",
    unit="%",
    better="higher",
    target=100,
    group="protect",
)
def privileged_with_second_factor(scope: Scope) -> Value:
    """People of Remit itself who hold a privileged role and have set up a second factor, as a share of all."""
    privileged = Reach.objects.filter(role__in=[r.name for r in ROLES.values() if r.privileged])
    if scope.unit_ids is not None:
        privileged = privileged.filter(unit_id__in=scope.unit_ids)
    people = User.objects.filter(pk__in=privileged.values("user"), is_active=True)
    total = people.count()
    ready = people.filter(authenticator__type="totp").distinct().count()
    return Value(round(100 * ready / total, 1) if total else None, None, note=f"{ready} of {total} people")
