"""Mail: handed over once under one id, to the right server only, and told to nobody who may not see it."""

from __future__ import annotations

import email
import os
import socket
import ssl
import subprocess
import sys
from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta
from email.message import Message
from email.policy import default
from pathlib import Path
from typing import Any

import pytest
from aiosmtpd.controller import Controller
from aiosmtpd.smtp import SMTP, AuthResult
from django.utils import timezone

from remit.identify.assets.models import Asset
from remit.kernel.access.models import User
from remit.kernel.access.services import disable
from remit.kernel.outbox import digests, events, jobs, mail, rules, smtp
from remit.kernel.outbox.models import Mail, Preference
from remit.kernel.work.models import Work
from remit.kernel.work.services import ask
from tests.conftest import Cast, being
from tests.outbox.receivers import certified
from tests.outbox.test_events import work
from tests.security.helpers import record_in


class Box:
    """What a mail server was handed, and what it answers."""

    def __init__(self) -> None:
        self.mails: list[Message] = []
        self.answer = "250 OK"
        self.refuses: dict[str, str] = {}

    async def handle_RCPT(self, server: Any, session: Any, envelope: Any, address: str, options: Any) -> str:  # noqa: N802
        if address in self.refuses:
            return self.refuses[address]
        envelope.rcpt_tos.append(address)
        return "250 OK"

    async def handle_DATA(self, server: Any, session: Any, envelope: Any) -> str:  # noqa: N802
        if self.answer.startswith("250"):
            self.mails.append(email.message_from_bytes(envelope.content, policy=default))
        return self.answer


class Serving(Controller):
    def __init__(self, box: Box, **options: Any) -> None:
        super().__init__(box, hostname="127.0.0.1", port=free_port(), ready_timeout=5)
        self.options = options

    def factory(self) -> SMTP:
        return SMTP(self.handler, hostname="mail.test", **self.options)


def free_port() -> int:
    with socket.socket() as asking:
        asking.bind(("127.0.0.1", 0))
        return int(asking.getsockname()[1])


@pytest.fixture
def box(settings: Any) -> Iterator[Box]:
    made = Box()
    serving = Serving(made)
    serving.start()
    settings.SMTP_URL = f"smtp://127.0.0.1:{serving.port}?tls=none"
    settings.MAIL_FROM = "Remit of Northern <remit@northern.example>"
    settings.ADDRESS = "https://remit.northern.example"
    yield made
    serving.stop()


def queued(**values: Any) -> list[Mail]:
    with being(None):
        return list(Mail.objects.filter(**values).order_by("id"))


def due() -> None:
    with being(None):
        Mail.objects.filter(state="waiting").update(next_try_at=timezone.now())


def digest_for(person: Any, days: int = 1) -> None:
    with being(None):
        since = timezone.now() - timedelta(days=days)
        mail.queue(
            "digest", key=f"d {person.pk} {timezone.now()}", user_id=person.pk, arguments={"since": since.isoformat()}
        )


def owed(house: Cast, title: str, days: int | None, **values: Any) -> Work:
    due_on = None if days is None else timezone.localdate() + timedelta(days=days)
    return work(house, title, due_on=due_on, **values)


def test_digest_tells_what_is_owed(house: Cast, box: Box) -> None:
    owed(house, "Old debt", -3)
    owed(house, "Soon", 2)
    owed(house, "Some day", None)
    with being(house.bob):
        asset = record_in(Asset, house.company)
    with being(None):
        decided = Work.objects.create(title="Accept it?", type="approval", unit=house.company, owner=house.carol)
    digest_for(house.carol)
    assert mail.send_waiting() == 1
    got = box.mails[0]
    assert got["To"] == "Carol Test <carol@remit.example>"
    assert got["From"] == "Remit of Northern <remit@northern.example>"
    assert got["Subject"] == "Remit: 1 to decide, 1 overdue, 1 due soon, 1 new"
    assert got["Auto-Submitted"] == "auto-generated"
    assert got["List-Unsubscribe-Post"] == "List-Unsubscribe=One-Click"
    assert got["List-Unsubscribe"].startswith("<https://remit.northern.example/unsubscribe/")
    text, html = (got.get_body((kind,)).get_content() for kind in ("plain", "html"))
    for body in (text, html):
        assert all(title in body for title in ("Old debt", "Soon", "Some day", "Accept it?"))
        assert f"https://remit.northern.example/work/{decided.pk}/" in body
        assert str(asset) not in body
    assert "<img" not in html
    assert [m.state for m in queued()] == ["sent"]


def test_nothing_to_tell_is_not_sent(house: Cast, box: Box) -> None:
    digest_for(house.eve)
    assert mail.send_waiting() == 0
    assert (box.mails, [m.state for m in queued()]) == ([], ["empty"])


def test_restricted_records_are_not_named(house: Cast, box: Box) -> None:
    owed(house, "Canary quetzal", 1, restricted=True)
    asset = record_in(Asset, house.company, name="hidden-host")
    with being(None):
        about = {"about_kind": "assets.asset", "about_id": asset.pk}
        Work.objects.create(title="About quetzal", unit=house.company, owner=house.carol, **about)
        Asset.objects.filter(pk=asset.pk).update(restricted=True)
    digest_for(house.carol)
    mail.send_waiting()
    whole = box.mails[0].as_string()
    assert "quetzal" not in whole
    assert "hidden-host" not in whole
    for kind in ("plain", "html"):
        body = box.mails[0].get_body((kind,)).get_content()
        assert body.count("A restricted record") == 2
        assert "quetzal" not in body


def test_what_changed_in_what_one_owns(house: Cast, box: Box) -> None:
    before = timezone.now() - timedelta(days=9)
    mine = record_in(Asset, house.company, house.carol, name="db-7", created_at=before)
    record_in(Asset, house.company, house.bob, name="web-9", created_at=before)
    with being(None):
        Preference.objects.create(user=house.carol, parts=["changed"])
    digest_for(house.carol)
    mail.send_waiting()
    assert mine.ref in box.mails[0].as_string()
    assert "web-9" not in box.mails[0].as_string()


def test_killed_between_sending_and_marking_it_keeps_its_id(
    house: Cast, box: Box, settings: Any, outbox_uri: str
) -> None:
    owed(house, "Old debt", -3)
    digest_for(house.carol)
    script = """
import sys
import django
django.setup()
from remit.kernel.outbox import mail
def settle(*_):
    print("sent", flush=True)
    sys.stdin.read()
mail.settle = settle
mail.send_waiting()
"""
    environment = {
        **os.environ, "REMIT_DATABASE_URI": outbox_uri, "DJANGO_SETTINGS_MODULE": "remit.settings",
        "REMIT_SMTP_URL": settings.SMTP_URL,
    }  # fmt: skip
    command = [sys.executable, "-W", "ignore", "-c", script]
    with subprocess.Popen(command, env=environment, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as worker:
        assert worker.stdout is not None
        assert worker.stdout.readline() == "sent\n"
        worker.kill()
    assert mail.send_waiting() == 0
    due()
    assert mail.send_waiting() == 1
    assert len(box.mails) == 2
    assert len({got["Message-ID"] for got in box.mails}) == 1


def test_asked_twice_is_sent_once(house: Cast, box: Box) -> None:
    with being(None):
        for _ in range(2):
            mail.queue("test", key="the same", user_id=house.bob.pk)
    assert mail.send_waiting() == 1


def test_who_may_not_sign_in_is_not_written_to(house: Cast, box: Box) -> None:
    owed(house, "Old debt", -3)
    digest_for(house.carol)
    with being(None):
        disable(house.carol)
    assert mail.send_waiting() == 0
    assert [(m.state, m.error) for m in queued()] == [("cancelled", "This person may no longer sign in.")]


@pytest.mark.parametrize(
    "name", ["Carol\r\nBcc: eve@remit.example", "Carol\nX: y", 'Ca"rol <eve@remit.example>', "Zoë\u2028Quill\x00"]
)
def test_names_cannot_write_headers(house: Cast, box: Box, name: str) -> None:
    with being(None):
        User.objects.filter(pk=house.carol.pk).update(name=name.replace("\x00", ""))
        mail.queue("test", key=f"test {name!r}", user_id=house.carol.pk)
    try:
        mail.send_waiting()
    finally:
        with being(None):
            User.objects.filter(pk=house.carol.pk).update(name="Carol Test")
    got = box.mails[0]
    assert (got["Bcc"], got["X"]) == (None, None)
    assert [a.addr_spec for a in got["To"].addresses] == ["carol@remit.example"]


@pytest.mark.parametrize(
    ("code", "state"), [("451 later", "waiting"), ("552 too much", "failed"), ("421 closing", "waiting")]
)
def test_refusals_for_now_and_for_good(house: Cast, box: Box, code: str, state: str) -> None:
    box.answer = code
    with being(None):
        mail.queue("test", key="one", user_id=house.bob.pk)
    mail.send_waiting()
    (only,) = queued()
    assert (only.state, only.tries) == (state, 1)
    assert only.next_try_at > timezone.now()


def test_one_refused_address_does_not_hold_up_the_others(house: Cast, box: Box) -> None:
    box.refuses = {"bob@remit.example": "550 unknown"}
    with being(None):
        for who in (house.bob, house.carol):
            mail.queue("test", key=f"to {who.pk}", user_id=who.pk)
    mail.send_waiting()
    assert [(m.state, m.error) for m in queued()] == [
        ("failed", "The mail server refuses the address (550)."),
        ("sent", ""),
    ]


def test_server_away_is_tried_again_and_given_up_after_three_days(house: Cast, settings: Any) -> None:
    settings.SMTP_URL = "smtp://127.0.0.1:1?tls=none"
    with being(None):
        mail.queue("test", key="one", user_id=house.bob.pk)
        mail.queue("test", key="two", user_id=house.bob.pk)
    mail.send_waiting()
    assert [(m.tries, m.state) for m in queued()] == [(1, "waiting"), (0, "waiting")], "one try tells of all"
    with being(None):
        Mail.objects.update(asked_at=timezone.now() - timedelta(days=3), next_try_at=timezone.now())
    mail.send_waiting()
    assert queued()[0].state == "failed"


@pytest.fixture
def secured(settings: Any, tmp_path: Path) -> Iterator[tuple[Box, Path]]:
    """A server that wants STARTTLS and a password, with a certificate for "localhost"."""
    context, authority = certified(tmp_path)
    made = Box()

    def right(server: Any, session: Any, envelope: Any, mechanism: str, data: Any) -> AuthResult:
        return AuthResult(success=(data.login, data.password) == (b"remit", b"hunter2"), handled=False)

    serving = Serving(made, tls_context=context, require_starttls=True, auth_required=True, authenticator=right)
    serving.start()
    settings.SMTP_URL = f"smtp://remit:hunter2@localhost:{serving.port}"
    yield made, authority
    serving.stop()


def sent_securely(house: Cast) -> Mail:
    with being(None):
        mail.queue("test", key=f"{timezone.now()}", user_id=house.bob.pk)
    mail.send_waiting()
    return queued()[-1]


def test_certificate_of_a_stranger_ends_it(
    house: Cast, secured: tuple[Box, Path], monkeypatch: pytest.MonkeyPatch, settings: Any
) -> None:
    box, authority = secured
    tried = sent_securely(house)
    assert (tried.state, box.mails) == ("waiting", [])
    assert tried.error.startswith("The certificate of localhost is not valid")
    monkeypatch.setenv("SSL_CERT_FILE", str(authority))
    due()
    assert sent_securely(house).state == "sent"
    right = settings.SMTP_URL
    settings.SMTP_URL = right.replace("hunter2", "hunter3")
    tried = sent_securely(house)
    assert (tried.state, tried.error) == ("waiting", "localhost refuses the name or password (535).")
    settings.SMTP_URL = right.replace("localhost", "127.0.0.1")
    due()
    mail.send_waiting()
    assert "certificate" in queued(state="waiting")[0].error


@pytest.mark.parametrize(
    ("url", "found"),
    [
        ("smtp://m.example", ("m.example", 587, "starttls", "", "")),
        ("smtp://u%40x:p%2F@m.example:2525?tls=starttls", ("m.example", 2525, "starttls", "u@x", "p/")),
        ("smtps://m.example", ("m.example", 465, "tls", "", "")),
        ("smtp://m.example:465", ("m.example", 465, "tls", "", "")),
        ("smtp://localhost?tls=none", ("localhost", 25, "none", "", "")),
    ],
)
def test_server_is_read(url: str, found: tuple[object, ...]) -> None:
    server = smtp.server(url)
    assert (server.host, server.port, server.tls, server.user, server.password) == found
    assert "p/" not in repr(server)


@pytest.mark.parametrize(
    "url", ["", "mail.example", "http://m.example", "smtp://m.example?tls=none", "smtp://m?tls=maybe", "smtp://m:x", "smtp://m?a=b"]
)  # fmt: skip
def test_wrong_server_is_refused(url: str) -> None:
    with pytest.raises(smtp.MailConfigurationError, match="REMIT_SMTP_URL"):
        smtp.server(url)


BERLIN, KATHMANDU = "Europe/Berlin", "Asia/Kathmandu"


@pytest.mark.parametrize(
    ("now", "said", "slot"),
    [
        ("2026-11-23T06:59", ("daily", 0, 8, BERLIN), "2026-11-22T07:00"),
        ("2026-11-23T07:00", ("daily", 0, 8, BERLIN), "2026-11-23T07:00"),
        ("2026-07-01T06:00", ("daily", 0, 8, BERLIN), "2026-07-01T06:00"),
        ("2026-11-23T02:14", ("daily", 0, 8, KATHMANDU), "2026-11-22T02:15"),
        ("2026-11-25T12:00", ("weekly", 0, 8, "UTC"), "2026-11-23T08:00"),
        ("2026-11-23T07:59", ("weekly", 0, 8, "UTC"), "2026-11-16T08:00"),
        # In the spring the clocks go from 2:00 to 3:00: the digest of 2 o'clock comes an hour later.
        ("2026-03-29T01:00", ("daily", 0, 2, BERLIN), "2026-03-29T01:00"),
        ("2026-03-29T00:59", ("daily", 0, 2, BERLIN), "2026-03-28T01:00"),
        # In the autumn there are two of them, and one digest.
        ("2026-10-25T00:00", ("daily", 0, 2, BERLIN), "2026-10-25T00:00"),
        ("2026-10-25T01:30", ("daily", 0, 2, BERLIN), "2026-10-25T00:00"),
        ("2026-11-23T07:00", ("off", 0, 8, BERLIN), None),
    ],
)
def test_hour_of_the_digest(now: str, said: tuple[str, int, int, str], slot: str | None) -> None:
    found = rules.last_slot(*said, datetime.fromisoformat(f"{now}+00:00"))
    assert found == (datetime.fromisoformat(f"{slot}+00:00") if slot else None)


@pytest.mark.parametrize("zone", [BERLIN, "America/New_York", "Australia/Lord_Howe", "Pacific/Apia"])
@pytest.mark.parametrize("hour", [0, 2, 3])
def test_one_digest_for_each_day_of_a_year(zone: str, hour: int) -> None:
    moment, slots = datetime(2026, 1, 1, 12, tzinfo=UTC), set()
    while moment < datetime(2027, 1, 1, 12, tzinfo=UTC):
        slots.add(rules.last_slot("daily", 0, hour, zone, moment))
        moment += timedelta(minutes=30)
    assert 365 <= len(slots) <= 366


def test_digests_are_asked_for_once_at_the_hour(house: Cast, box: Box) -> None:
    now = datetime(2027, 3, 1, 6, 0, tzinfo=UTC)
    with being(None):
        chosen = (house.alice, 7, "off"), (house.bob, 6, "daily"), (house.carol, 7, "daily"), (house.dan, 6, "weekly")
        for who, hour, digest in chosen:
            Preference.objects.create(
                user=who, hour=hour, digest=digest, weekday=0, changed_at=now - timedelta(hours=30)
            )
        User.objects.filter(pk=house.eve.pk).update(is_active=False)
        for minutes in (0, 5, 59):
            digests.queue_due(now + timedelta(minutes=minutes))
    asked = {(m.user_id, date.fromisoformat(m.arguments["since"][:10]).day) for m in queued()}
    # 1 March 2027 is a Monday; Carol's hour of yesterday is long past.
    assert asked == {(house.bob.pk, 28), (house.dan.pk, 22)}
    assert len(queued()) == 2


def test_new_choice_does_not_bring_the_digest_of_an_hour_past(house: Cast, box: Box) -> None:
    now = datetime(2027, 3, 1, 9, 0, tzinfo=UTC)
    with being(None):
        User.objects.exclude(pk=house.bob.pk).update(is_active=False)
        Preference.objects.create(user=house.bob, hour=7, changed_at=now - timedelta(minutes=5))
        assert digests.queue_due(now) == 0
        assert digests.queue_due(now + timedelta(hours=23)) == 1


def test_without_a_server_nothing_is_asked_for(house: Cast) -> None:
    with being(None):
        assert digests.queue_due(timezone.now()) == 0
        mail.queue("test", key="one", user_id=house.bob.pk)
    assert queued() == []


def test_decision_is_told_at_once_and_only_while_it_waits(house: Cast, box: Box) -> None:
    asset = record_in(Asset, house.company)
    with being(None):
        Preference.objects.create(user=house.carol, decisions_at_once=False)
    with being(house.bob):
        ask("Retire it?", owner_id=house.alice.pk, record=asset, move="confirm")
        ask("Retire it, Carol?", owner_id=house.carol.pk, record=asset, move="confirm")
        ask("A task", owner_id=house.alice.pk, record=asset)
    jobs.tick()
    assert [(m.purpose, m.user_id) for m in queued()] == [("decision", house.alice.pk)]
    mail.send_waiting()
    assert box.mails[0]["Subject"] == "Remit: a decision waits for you"
    assert "Retire it?" in box.mails[0].as_string()
    with being(house.bob):
        again = ask("And again?", owner_id=house.alice.pk, record=asset, move="confirm")
    events.route()
    with being(None):
        Work.objects.filter(pk=again.pk).update(state="cancelled")
    mail.send_waiting()
    assert len(box.mails) == 1


def test_contents_are_not_stored(house: Cast, box: Box) -> None:
    owed(house, "Canary quetzal", -3)
    digest_for(house.carol)
    (only,) = queued()
    assert "quetzal" not in repr([getattr(only, f.attname) for f in Mail._meta.fields])
    with being(house.bob):
        assert not Mail.objects.exists()
    with being(house.carol):
        assert Mail.objects.count() == 1


def test_certificates_are_checked_by_default() -> None:
    assert ssl.create_default_context().verify_mode == ssl.CERT_REQUIRED
