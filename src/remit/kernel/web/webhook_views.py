"""The pages of webhooks, for those who administer a unit; one that they do not see answers like a missing one."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from django.contrib import messages
from django.db import transaction
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from remit.kernel.outbox import webhooks
from remit.kernel.outbox.models import Delivery, Webhook
from remit.kernel.outbox.webhooks import WebhookRefusedError
from remit.kernel.resources import of_kind
from remit.kernel.screens import Link
from remit.kernel.web import outbox_forms as forms
from remit.kernel.web.access_forms import is_key
from remit.kernel.web.access_views import ADMINISTRATION, administering
from remit.kernel.web.views import standing_of

TOP = Link("Webhooks", "/webhooks/")
SHOWN = 50


@require_safe
@administering
def index(request: HttpRequest) -> HttpResponse:
    """List the webhooks of the units one administers."""
    found = Webhook.objects.select_related("owner", "unit", "lane")
    return render(request, "kernel/webhooks.html", {"webhooks": found, "crumbs": (ADMINISTRATION, Link(TOP.text, ""))})


@require_http_methods(["GET", "POST"])
@never_cache
@administering
def new(request: HttpRequest) -> HttpResponse:
    """Make a webhook; its secret is shown on the answer, once."""
    form = forms.WebhookForm(request.POST or None, standing=standing_of(request))
    if request.method == "POST" and form.is_valid():
        try:
            made, secret = webhooks.add(standing_of(request), form.said())
        except WebhookRefusedError as refusal:
            form.add_error(None, str(refusal))
        else:
            return secret_page(request, made, secret)
    screen = forms.screen(form, "Add a webhook", (TOP, Link("New", "")), "Add the webhook", TOP.url)
    return render(request, "kernel/form.html", {"screen": screen}, status=422 if form.errors else 200)


@require_safe
@administering
def show(request: HttpRequest, pk: int) -> HttpResponse:
    """Show one webhook and what was sent of late; what was sent, only to its owner."""
    webhook = found_webhook(pk)
    deliveries = Delivery.objects.filter(webhook=webhook)[:SHOWN]
    context = {
        "webhook": webhook,
        "mine": webhook.owner_id == standing_of(request).user_id,
        "kinds": [resource.title for kind in webhook.kinds if (resource := of_kind(kind))],
        "events": [words for verb, words in webhooks.verbs() if verb in webhook.verbs],
        "rotating": webhook.old_until is not None and webhook.old_until > timezone.now(),
        "deliveries": [(delivery, *event_of(delivery)) for delivery in deliveries],
        "crumbs": (TOP, Link(webhook.name, "")),
    }
    return render(request, "kernel/webhook.html", context)


def event_of(delivery: Delivery) -> tuple[str, str, str]:
    """Say what a delivery tells, of which record, and where that record is."""
    resource = of_kind(delivery.kind)
    if resource is None:
        return "Test message", "", ""
    what = f"{resource.singular.capitalize()}: {delivery.verb.replace('_', ' ')}"
    if delivery.record_id is None:
        return what, f"{delivery.count} records", f"/{resource.slug}/"
    return what, f"{resource.model.prefix}-{delivery.record_id}", f"/{resource.slug}/{delivery.record_id}/"


@require_http_methods(["GET", "POST"])
@administering
def edit(request: HttpRequest, pk: int) -> HttpResponse:
    """Change what a webhook of one's own tells, or where to."""
    webhook = found_webhook(pk)
    form = forms.WebhookForm(request.POST or None, standing=standing_of(request), webhook=webhook)
    if request.method == "POST" and form.is_valid():
        try:
            webhooks.change(standing_of(request), webhook, form.said())
        except WebhookRefusedError as refusal:
            form.add_error(None, str(refusal))
        else:
            messages.success(request, f"{webhook.name} saved.")
            return redirect(f"/webhooks/{pk}/")
    crumbs = (TOP, Link(webhook.name, f"/webhooks/{pk}/"), Link("Edit", ""))
    screen = forms.screen(form, f"Edit {webhook.name}", crumbs, "Save", f"/webhooks/{pk}/")
    return render(request, "kernel/form.html", {"screen": screen}, status=422 if form.errors else 200)


@require_POST
@never_cache
@administering
def act(request: HttpRequest, pk: int, name: str) -> HttpResponse:
    """Do one thing to a webhook: test, rotate, stop, start, delete, redeliver."""
    webhook, deed = found_webhook(pk), DEEDS.get(name)
    if deed is None:
        raise Http404
    try:
        with transaction.atomic():
            return deed(request, webhook) or redirect(f"/webhooks/{pk}/")
    except WebhookRefusedError as refusal:
        messages.error(request, str(refusal))
        return redirect(f"/webhooks/{pk}/")


def test(request: HttpRequest, webhook: Webhook) -> None:
    webhooks.test(standing_of(request), webhook, timezone.now())
    messages.success(request, "A test message is on its way. Look here again in some seconds.")


def rotate(request: HttpRequest, webhook: Webhook) -> HttpResponse:
    return secret_page(request, webhook, webhooks.rotate(standing_of(request), webhook, timezone.now()))


def stop(request: HttpRequest, webhook: Webhook) -> None:
    webhooks.stop(webhook, f"Stopped by {request.user}.")
    messages.success(request, f"{webhook.name} is stopped.")


def start(request: HttpRequest, webhook: Webhook) -> None:
    webhooks.start(standing_of(request), webhook)
    messages.success(request, f"{webhook.name} goes on with what waited.")


def delete(request: HttpRequest, webhook: Webhook) -> HttpResponse:
    webhooks.delete(webhook)
    messages.success(request, f"{webhook.name} is deleted.")
    return redirect(TOP.url)


def redeliver(request: HttpRequest, webhook: Webhook) -> None:
    key = request.POST.get("delivery", "")
    waiting = Delivery.objects.filter(webhook=webhook, pk=int(key) if is_key(key) else 0).select_related(
        "webhook__owner"
    )
    delivery = waiting.first()
    if delivery is None:
        raise Http404
    webhooks.redeliver(standing_of(request), delivery, timezone.now())
    messages.success(request, "It is sent again, under the same id.")


DEEDS: dict[str, Callable[[HttpRequest, Webhook], Any]] = {
    "test": test, "rotate": rotate, "stop": stop, "start": start, "delete": delete, "redeliver": redeliver,
}  # fmt: skip


def secret_page(request: HttpRequest, webhook: Webhook, secret: str) -> HttpResponse:
    url = f"/webhooks/{webhook.pk}/"
    context = {
        "title": f"The secret of {webhook.name}",
        "note": "The receiver checks signatures by it. It is shown only now; for a day, an earlier one counts too.",
        "label": "Enter it where the messages arrive",
        "value": secret,
        "done_url": url,
        "crumbs": (TOP, Link(webhook.name, url)),
    }
    return render(request, "kernel/shown_once.html", context)


def found_webhook(pk: int) -> Webhook:
    rows = Webhook.objects.select_related("owner", "unit", "lane")
    webhook = rows.filter(pk=pk).first() if pk < 2**63 else None
    if webhook is None:
        raise Http404
    return webhook
