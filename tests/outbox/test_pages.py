"""The pages of webhooks, outbox, notifications and calendar: who is let in, what is shown once, and what never."""

from __future__ import annotations

import re
from datetime import UTC, date, datetime, timedelta
from typing import Any

import icalendar
import pytest
from django.test import Client
from django.utils import timezone

from remit.kernel.access.services import disable, grant
from remit.kernel.access.standing import standing
from remit.kernel.outbox import digests, feeds, webhooks
from remit.kernel.outbox.models import Delivery, Mail, Preference, Webhook
from remit.kernel.outbox.webhooks import Said
from remit.kernel.work.models import Work
from remit.kernel.work.services import ask
from tests.conftest import Cast, being, signed_in
from tests.kernel.test_access_pages import MISSING, confirmed

URL = "https://hooks.example.com/in/T0KEN"


def hook(cast: Cast, owner: Any = None) -> Webhook:
    owner = owner or cast.alice
    with being(owner):
        made, _ = webhooks.add(standing(owner.pk), Said("Chat", URL, cast.group.pk, ("kernel.work",), ("create",)))
    return made


def administrator(cast: Cast) -> Any:
    with being(None):
        grant(user=cast.dan, role="administrator", unit=cast.group)
    return cast.dan


def text(reply: Any) -> str:
    return str(reply.content.decode())


def form(cast: Cast, **values: Any) -> dict[str, Any]:
    return {
        "name": "Tickets",
        "url": URL,
        "unit_id": cast.group.pk,
        "kinds": ["kernel.work"],
        "verbs": ["create"],
        **values,
    }


def test_secret_is_shown_once_and_the_address_never_again(cast: Cast) -> None:
    alice = confirmed(cast.alice)
    reply = alice.post("/webhooks/new/", form(cast))
    assert re.search(r"whsec_[A-Za-z0-9+/]{43}=", text(reply))
    assert "no-store" in reply["Cache-Control"]
    with being(None):
        made = Webhook.objects.get()
    for url in ("/webhooks/", f"/webhooks/{made.pk}/", f"/webhooks/{made.pk}/edit/", "/outbox/"):
        shown = text(alice.get(url))
        assert "whsec_" not in shown, url
        assert "T0KEN" not in shown, url
    assert "hooks.example.com" in text(alice.get("/webhooks/"))


@pytest.mark.parametrize(
    ("wrong", "said"),
    [
        ({"url": "https://127.0.0.1/"}, "it is a loopback address"),
        ({"url": "http://example.com/"}, "must begin with https://"),
        ({"kinds": []}, "This field is required"),
        ({"unit_id": MISSING}, "Select a valid choice"),
    ],
)
def test_wrong_webhooks_are_told_where(cast: Cast, wrong: dict[str, Any], said: str) -> None:
    reply = confirmed(cast.alice).post("/webhooks/new/", form(cast, **wrong))
    assert (reply.status_code, said in text(reply)) == (422, True)


def test_deeds_of_the_owner(cast: Cast) -> None:
    alice, made = confirmed(cast.alice), hook(cast)
    at = f"/webhooks/{made.pk}"
    assert alice.post(f"{at}/test/").status_code == 302
    with being(None):
        test = Delivery.objects.get()
        Delivery.objects.update(state="failed", tries=3)
    assert "Test message" in text(alice.get(f"{at}/"))
    assert alice.post(f"{at}/redeliver/", {"delivery": test.pk}).status_code == 302
    with being(None):
        assert Delivery.objects.get().state == "waiting"
    assert "whsec_" in text(alice.post(f"{at}/rotate/"))
    assert "second signature" in text(alice.get(f"{at}/"))
    alice.post(f"{at}/stop/")
    assert "Stopped by Alice Test." in text(alice.get(f"{at}/"))
    assert "start it first" in text(alice.post(f"{at}/test/", follow=True))
    alice.post(f"{at}/start/")
    alice.post(f"{at}/edit/", form(cast, name="Renamed", url=""))
    with being(None):
        made.refresh_from_db()
        assert (made.name, made.active, webhooks.url_of(made)) == ("Renamed", True, URL)
    assert alice.post(f"{at}/delete/").status_code == 302
    with being(None):
        assert not Webhook.objects.exists()


def test_another_administrator_may_only_stop_and_delete(cast: Cast) -> None:
    made = hook(cast)
    dan = confirmed(administrator(cast))
    with being(cast.alice):
        webhooks.test(standing(cast.alice.pk), made, timezone.now())
    with being(None):
        delivery = Delivery.objects.get()
    at = f"/webhooks/{made.pk}"
    assert "Test message" not in text(dan.get(f"{at}/"))
    for deed in ("test", "rotate", "start"):
        assert "belongs to Alice Test" in text(dan.post(f"{at}/{deed}/", follow=True)), deed
    assert dan.post(f"{at}/redeliver/", {"delivery": delivery.pk}).status_code == 404
    assert "belongs to Alice Test" in text(dan.post(f"{at}/edit/", form(cast, url="https://evil.example/")))
    dan.post(f"{at}/stop/")
    with being(None):
        made.refresh_from_db()
        assert (made.active, made.host, webhooks.url_of(made)) == (False, "hooks.example.com", URL)
    assert "belongs to Alice Test" in text(dan.post(f"{at}/start/", follow=True))
    assert dan.post(f"{at}/delete/").status_code == 302


@pytest.mark.parametrize("who", ["bob", "carol", "eve"])
def test_others_are_kept_out(cast: Cast, who: str) -> None:
    made, client = hook(cast), confirmed(getattr(cast, who))
    for url in ("/webhooks/", "/webhooks/new/", f"/webhooks/{made.pk}/", f"/webhooks/{made.pk}/edit/", "/outbox/"):
        assert client.get(url).status_code == 403, url
    for url in (f"/webhooks/{made.pk}/stop/", "/outbox/1/cancel/"):
        assert client.post(url).status_code == 403, url


def test_webhook_of_a_unit_above_answers_like_a_missing_one(cast: Cast) -> None:
    made = hook(cast)
    with being(None):
        grant(user=cast.dan, role="head_of_security", unit=cast.sibling)
    dan = confirmed(cast.dan)
    for last in ("", "edit/"):
        hidden, missing = (dan.get(f"/webhooks/{key}/{last}") for key in (made.pk, MISSING))
        assert (hidden.status_code, missing.status_code) == (404, 404)
    assert dan.post(f"/webhooks/{made.pk}/delete/").status_code == 404
    assert "Chat" not in text(dan.get("/webhooks/")) + text(dan.get("/outbox/"))


def test_deeds_ask_for_the_password(cast: Cast) -> None:
    made = hook(cast)
    with being(None):
        cast.alice.set_password("a sentence to keep")
        cast.alice.save()
    for url in (f"/webhooks/{made.pk}/rotate/", "/account/notifications/calendar/"):
        assert signed_in(cast.alice).post(url)["Location"].startswith("/account/reauthenticate/")


def test_outbox_shows_mails_of_ones_people_without_what_they_say(cast: Cast) -> None:
    with being(None):
        grant(user=cast.dan, role="head_of_security", unit=cast.company)
        mine, other, nobodys = (
            Mail.objects.create(key=str(n), purpose="digest", message_id=f"<{n}@x>", user=user, address=address)
            for n, (user, address) in enumerate(((cast.carol, ""), (cast.eve, ""), (None, "auditor@remit.example")))
        )
    dan, alice = confirmed(cast.dan), confirmed(cast.alice)
    page = text(dan.get("/outbox/"))
    assert ("Carol Test" in page, "Eve Test" in page, "auditor@remit" in page) == (True, False, False)
    page = text(alice.get("/outbox/?state=waiting"))
    assert all(name in page for name in ("Carol Test", "Eve Test", "auditor@remit"))
    assert dan.post(f"/outbox/{other.pk}/cancel/").status_code == 404
    assert dan.post(f"/outbox/{nobodys.pk}/cancel/").status_code == 404
    assert dan.post(f"/outbox/{mine.pk}/shred/").status_code == 404
    dan.post(f"/outbox/{mine.pk}/cancel/")
    with being(None):
        assert Mail.objects.get(pk=mine.pk).state == "cancelled"
    dan.post(f"/outbox/{mine.pk}/retry/")
    with being(None):
        assert Mail.objects.get(pk=mine.pk).state == "waiting"


def test_choosing_what_one_is_told(cast: Cast) -> None:
    carol = signed_in(cast.carol)
    said = {
        "digest": "weekly",
        "weekday": "4",
        "hour": "17",
        "time_zone": "Europe/Paris",
        "parts": ["overdue", "changed"],
    }
    assert carol.post("/account/notifications/", said).status_code == 302
    with being(cast.carol):
        kept = Preference.objects.get()
    assert (kept.digest, kept.weekday, kept.hour, kept.parts, kept.decisions_at_once) == (
        "weekly", 4, 17, ["overdue", "changed"], False,
    )  # fmt: skip
    cast.carol.refresh_from_db()
    assert cast.carol.time_zone == "Europe/Paris"
    assert carol.post("/account/notifications/", {**said, "hour": "24"}).status_code == 422
    with being(cast.bob):
        assert not Preference.objects.exists()


def test_one_request_ends_the_digest(cast: Cast) -> None:
    path = digests.unsubscribe_url(cast.carol.pk, "digest").partition("localhost:8321")[2]
    stranger = Client(enforce_csrf_checks=True)
    assert "End this mail?" in text(stranger.get(path))
    with being(None):
        assert not Preference.objects.exists()
    assert stranger.post(path, "List-Unsubscribe=One-Click", "application/x-www-form-urlencoded").status_code == 200
    with being(None):
        assert Preference.objects.get(user=cast.carol).digest == "off"
    assert stranger.post(path[:-6] + "AAAAA/").status_code == 404
    with being(None):
        disable(cast.carol)
    assert stranger.get(path).status_code == 404


def calendar_of(person: Any) -> str:
    with being(person):
        return f"/calendar/{feeds.renew(person.pk, timezone.now())}.ics"


def test_calendar_holds_what_one_owes_and_nothing_else(cast: Cast) -> None:
    day = date(2026, 11, 30)
    with being(cast.bob):
        mine = ask(
            "Pay; then, “wait”\nand see " + "é" * 60, owner_id=cast.carol.pk, unit_id=cast.company.pk, due_on=day
        )
        ask("Bob's own", owner_id=cast.bob.pk, unit_id=cast.company.pk, due_on=day)
    with being(None):
        hidden = {"title": "Canary", "detail": "quetzal", "restricted": True}
        Work.objects.create(**hidden, unit=cast.company, owner=cast.carol, due_on=day)
    reply = Client().get(calendar_of(cast.carol))
    assert reply["Content-Type"] == "text/calendar; charset=utf-8"
    assert all(len(line) <= 75 for line in reply.content.split(b"\r\n"))
    found = icalendar.Calendar.from_ical(reply.content)
    events = {str(e["UID"]): e for e in found.walk("VEVENT")}
    assert len(events) == 2
    event = events[f"{mine.ref}@localhost"]
    assert str(event["SUMMARY"]) == mine.title
    assert (event.start, event.end) == (day, day + timedelta(days=1))
    assert event["SEQUENCE"] == mine.version
    assert mine.updated_at.replace(microsecond=0) == event.DTSTAMP
    assert not [e.errors for e in events.values() if e.errors]
    assert "Canary" not in text(reply)
    assert "quetzal" not in text(reply)
    assert "A restricted record" in text(reply)


def test_calendar_is_fetched_only_when_it_changed(cast: Cast) -> None:
    with being(None):
        task = Work.objects.create(title="Do it", unit=cast.company, owner=cast.carol, due_on=date(2026, 11, 30))
    path, program = calendar_of(cast.carol), Client()
    first = program.get(path)
    same = program.get(path, headers={"If-None-Match": first["ETag"]})
    assert (same.status_code, same.content, same["ETag"]) == (304, b"", first["ETag"])
    with being(cast.carol):
        Work.objects.get(pk=task.pk).move("finish")
    assert program.get(path, headers={"If-None-Match": first["ETag"]}).status_code == 200


def test_unknown_revoked_renewed_and_disabled_are_one_and_the_same(cast: Cast) -> None:
    unknown = Client().get("/calendar/nothing.ics")
    old, path = calendar_of(cast.carol), calendar_of(cast.carol)
    assert Client().get(old).content == unknown.content
    assert Client().get(path).status_code == 200
    with being(None):
        disable(cast.carol)
    assert Client().get(path).content == unknown.content
    with being(None):
        cast.carol.is_active = True
        cast.carol.save()
    with being(cast.carol):
        feeds.revoke(cast.carol.pk)
    gone = Client().get(path)
    assert (gone.status_code, gone.content) == (404, unknown.content)
    assert "ETag" not in gone


def test_link_is_shown_once_and_kept_as_a_digest(cast: Cast) -> None:
    carol = confirmed(cast.carol)
    shown = text(carol.post("/account/notifications/calendar/"))
    token = re.search(r"http://localhost:8321/calendar/([\w-]{43})\.ics", shown)
    assert token
    assert token[1] not in text(carol.get("/account/notifications/"))
    with being(None):
        kept = Preference.objects.get(user=cast.carol)
    assert token[1] not in repr([getattr(kept, f.attname) for f in Preference._meta.fields])
    assert Client().get(f"/calendar/{token[1]}.ics").status_code == 200
    carol.post("/account/notifications/calendar/", {"revoke": "yes"})
    assert Client().get(f"/calendar/{token[1]}.ics").status_code == 404


def test_notifications_wait_for_the_second_factor(cast: Cast, settings: Any) -> None:
    settings.BEHIND_TLS = True
    reply = signed_in(cast.alice).get("/account/notifications/")
    assert reply["Location"] == "/account/2fa/totp/activate/"
    assert signed_in(cast.alice).get("/account/").status_code == 200


def test_feed_needs_no_clock() -> None:
    from remit.kernel.work.calendar import Due, feed

    due = Due("a@b", "x" * 200 + "\x07", date(2024, 2, 29), datetime(2024, 2, 1, tzinfo=UTC))
    assert feed([due], name="n") == feed([due], name="n")
    assert "\x07" not in feed([due], name="n")
