"""What a person wants to be told: digests and decisions by mail, a calendar feed, and the ways to end them."""

from __future__ import annotations

from collections.abc import Callable
from hashlib import sha256

from allauth.account.decorators import reauthentication_required
from django.conf import settings
from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.cache import get_conditional_response
from django.views.decorators.cache import never_cache
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from remit.kernel import actor
from remit.kernel.access.models import User
from remit.kernel.outbox import digests, feeds, mail
from remit.kernel.outbox.models import Preference
from remit.kernel.screens import Link
from remit.kernel.web import outbox_forms as forms
from remit.kernel.web.views import standing_of

TOP = Link("Notifications", "/account/notifications/")
ENDED = {"digest": "The digest", "decisions": "Mail about decisions"}


@require_http_methods(["GET", "POST"])
def notifications(request: HttpRequest) -> HttpResponse:
    """Show and keep what the person wants."""
    person = User.objects.get(pk=standing_of(request).user_id)
    wanted = digests.preference(person.pk)
    form = forms.PreferenceForm(request.POST or None, person=person, preference=wanted)
    if request.method == "POST" and form.is_valid():
        said = dict(form.cleaned_data)
        if (zone := said.pop("time_zone")) != person.time_zone:
            person.time_zone = zone
            person.save(update_fields=["time_zone"])
        Preference.objects.update_or_create(user=person, defaults={**said, "changed_at": timezone.now()})
        messages.success(request, "Saved.")
        return redirect(TOP.url)
    context = {"fields": forms.fields_of(form), "person": person, "preference": wanted, "configured": mail.configured()}
    return render(request, "kernel/notifications.html", context, status=422 if form.errors else 200)


@require_POST
@never_cache
def calendar_link(request: HttpRequest) -> HttpResponse:
    """Make a new address of one's calendar feed and show it, once; or revoke the one there is."""
    return confirmed(request)


def _calendar_link(request: HttpRequest) -> HttpResponse:
    key = standing_of(request).user_id
    if "revoke" in request.POST:
        feeds.revoke(key)
        messages.success(request, "The calendar link is revoked; programs that have it get nothing any more.")
        return redirect(TOP.url)
    token = feeds.renew(key, timezone.now())
    context = {
        "title": "Your calendar link",
        "note": "Whoever has it sees what you owe and when. It is shown only now; an earlier link no longer works.",
        "label": "Subscribe to it in your calendar program",
        "value": f"{settings.ADDRESS}/calendar/{token}.ics",
        "done_url": TOP.url,
        "crumbs": (Link("Profile and sign-in", "/account/"), TOP),
    }
    return render(request, "kernel/shown_once.html", context)


confirmed: Callable[[HttpRequest], HttpResponse] = reauthentication_required(_calendar_link)
"""A link that opens without signing in is given only to who has just given their password."""


@require_safe
def calendar(request: HttpRequest, token: str) -> HttpResponse:
    """Answer a calendar program; unknown, revoked and disabled are one and the same 404."""
    text = feeds.read(token)
    if text is None:
        raise Http404
    etag = f'"{sha256(text.encode()).hexdigest()[:32]}"'
    response = HttpResponse(text, content_type="text/calendar; charset=utf-8")
    response = get_conditional_response(request, etag=etag, response=response) or response
    response["ETag"] = etag
    response["Cache-Control"] = "private, no-cache"
    response["Content-Disposition"] = 'attachment; filename="remit.ics"'
    return response


@csrf_exempt  # mail programs send the one request of RFC 8058 without a session; the link itself is signed
@require_http_methods(["GET", "HEAD", "POST"])
@never_cache
def unsubscribe(request: HttpRequest, token: str) -> HttpResponse:
    """End mails of one kind by the link in them: asked for by GET, done by POST (RFC 8058)."""
    with actor.system("opening an unsubscribe link"):
        found = digests.unsubscribing(token)
    if found is None:
        raise Http404
    person, what = found
    if request.method == "POST":
        digests.unsubscribe(person, what)
    context = {"what": ENDED.get(what, "This mail"), "done": request.method == "POST"}
    return render(request, "kernel/unsubscribe.html", context)
