"""Administration: one page that leads to all of it and says of each part how it stands."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from django.db.models import Count
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils import timezone
from django.utils.timezone import localdate
from django.views.decorators.http import require_safe

from remit.kernel import actor
from remit.kernel.access import managing
from remit.kernel.access.models import NeedToKnow
from remit.kernel.access.standing import Standing
from remit.kernel.attachments import retention
from remit.kernel.granting import reviews
from remit.kernel.identity import services
from remit.kernel.ledger.overview import overview
from remit.kernel.outbox import mail
from remit.kernel.outbox.models import Mail, Webhook
from remit.kernel.screens import Cell
from remit.kernel.web import places
from remit.kernel.web.access_views import administering
from remit.kernel.web.outbox_views import mails_for
from remit.kernel.web.views import standing_of


@dataclass(frozen=True, slots=True)
class Part:
    """A card: where it leads, and in one line how it stands; `state` marks what wants somebody."""

    place: places.Place
    line: str = ""
    state: Cell | None = None


@require_safe
@administering
def index(request: HttpRequest) -> HttpResponse:
    """Show what there is to administer."""
    standing = standing_of(request)
    parts = [part(place, standing) for place in places.open_to(standing, places.ADMINISTRATION)]
    return render(request, "kernel/administration.html", {"parts": parts})


def part(place: places.Place, standing: Standing) -> Part:
    say = STATES.get(place.url)
    line, state = say(standing) if say else ("", None)
    return Part(place, line, state)


def attend(text: str) -> Cell:
    return Cell("state", text, tone="attend")


def fails(text: str) -> Cell:
    return Cell("state", text, tone="act")


def many(count: int, one: str, more: str = "") -> str:
    return f"{count:,} {one if count == 1 else more or one + 's'}"


Said = tuple[str, Cell | None]


def of_people(standing: Standing) -> Said:
    count = managing.people(standing).filter(is_active=True, is_service=False).count()
    ending = len(managing.ending(standing, localdate()))
    line = f"{many(count, 'person', 'people')} in {many(len(managing.administered(standing)), 'unit')}."
    return line, attend(f"{many(ending, 'role')} end{'s' if ending == 1 else ''} within a week") if ending else None


def of_reviews(standing: Standing) -> Said:
    open_ones = list(reviews.reviews(standing).filter(finished_at=None))
    late = sum(review.due_on < localdate() for review in open_ones)
    line = f"{len(open_ones)} under way." if open_ones else "None under way."
    if late:
        return line, fails(f"{late} overdue")
    due = reviews.due_units(standing, localdate())
    return line, attend("One is due") if due else None


def of_services(_: Standing) -> Said:
    listed = services.listed(timezone.now())
    left = sum(not line.account.owner.is_active for line in listed)
    line = f"{many(len(listed), 'account')} with {many(sum(each.tokens for each in listed), 'valid token')}."
    return line, fails(f"{left} without an owner") if left else None


def of_glass(standing: Standing) -> Said:
    held = NeedToKnow.objects.filter(user=standing.user_id, broken_glass=True, until__gt=timezone.now())
    last = held.order_by("-until").first()
    return "", attend(f"You see one until {timezone.localtime(last.until):%H:%M}") if last and last.until else None


def of_ledger(_: Standing) -> Said:
    seen = overview(most=1)
    if seen is None:
        return "", None
    line = f"{many(seen.size, 'entry', 'entries')} sealed."
    if seen.alarm:
        return line, fails("Needs somebody")
    if any(each.error for each in seen.anchors):
        return line, fails("An anchor fails")
    return line, Cell("state", "Anchored", tone="good") if seen.anchors else attend("No anchor yet")


def of_retention(_: Standing) -> Said:
    count = len(retention.rules())
    return f"{many(count, 'rule')}; all else is kept for good." if count else "Everything is kept for good.", None


def of_webhooks(_: Standing) -> Said:
    hooks = list(Webhook.objects.select_related("lane"))
    failing = sum(hook.active and bool(hook.lane.failures) for hook in hooks)
    stopped = sum(not hook.active for hook in hooks)
    line = f"{many(len(hooks), 'webhook')}{f', {stopped} stopped' if stopped else ''}." if hooks else "None yet."
    return line, fails(f"{failing} failing") if failing else None


def of_outbox(standing: Standing) -> Said:
    with actor.system("the page of administration"):
        counts = dict(mails_for(standing).order_by().values_list("state").annotate(Count("pk")))
    waiting, failed = counts.get(Mail.State.WAITING, 0), counts.get(Mail.State.FAILED, 0)
    line = f"{many(waiting, 'mail')} waiting, {counts.get(Mail.State.SENT, 0):,} sent."
    if not mail.configured():
        return line, attend("No mail server")
    return line, fails(f"{failed} failed") if failed else None


STATES: dict[str, Callable[[Standing], Said]] = {
    "/access/": of_people,
    "/access/reviews/": of_reviews,
    "/access/services/": of_services,
    "/access/break-glass/": of_glass,
    "/ledger/": of_ledger,
    "/retention/": of_retention,
    "/webhooks/": of_webhooks,
    "/outbox/": of_outbox,
}
"""How each part stands, by its address; a part without one is a link only."""
