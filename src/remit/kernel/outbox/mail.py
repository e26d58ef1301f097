"""Mail that waits to be sent: asked for once, made when it is sent, sent again under the same Message-ID.

Whoever asks for a mail names a purpose and a few arguments; what it says is composed as its reader, at the moment of
sending. So neither the queue nor a dump of it holds anything to read, and nobody is told what they may no longer see.
"""

from __future__ import annotations

import smtplib
import uuid
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from email.headerregistry import Address
from email.message import EmailMessage
from email.policy import SMTP
from email.utils import format_datetime, parseaddr
from typing import Any
from urllib.parse import urlsplit

from django.conf import settings
from django.db import transaction
from django.template.loader import render_to_string
from django.utils import timezone

from remit.kernel import actor
from remit.kernel.outbox import rules, smtp
from remit.kernel.outbox.models import Mail

LEASE = timedelta(minutes=5)
MOST = 200
"""Mails over one connection."""


@dataclass(frozen=True)
class Content:
    """What one mail says. `template` names two templates, `kernel/mail/NAME.txt` and `.html`; `context` is theirs."""

    subject: str
    template: str
    context: dict[str, Any]
    unsubscribe: str = ""
    """The address that ends mails of this kind with one request (RFC 8058); "" for mail that was asked for."""


TEST = Content("Remit: mail works", "test", {})
Composer = Callable[[int | None, dict[str, Any], datetime], Content | None]
_composers: dict[str, Composer] = {}


def composer(purpose: str) -> Callable[[Composer], Composer]:
    """Declare who makes the mails of a purpose: `function(user_id, arguments, asked_at)`, called as their reader.

    None: there is nothing (any more) to say, and nothing is sent.
    """

    def declare(function: Composer) -> Composer:
        _composers[purpose] = function
        return function

    return declare


def queue(
    purpose: str, *, key: str, user_id: int | None = None, address: str = "", arguments: dict[str, Any] | None = None
) -> None:
    """Ask for a mail in the caller's transaction, once for each `key`; to a person, or to an address of no person.

    Mails to an address are composed as nobody. KeyError for a purpose nobody composes.
    """
    queue_many(purpose, [(key, user_id, address, arguments or {})])


def queue_many(purpose: str, asked: list[tuple[str, int | None, str, dict[str, Any]]]) -> None:
    """Ask for many mails at once, each given as (key, user id, address, arguments)."""
    if purpose not in _composers:
        raise KeyError(purpose)
    if not asked or not configured():
        return
    host = _host()
    mails = [
        Mail(purpose=purpose, key=key, user_id=user_id, address=address, arguments=arguments,
             message_id=f"<{uuid.uuid4().hex}@{host}>")
        for key, user_id, address, arguments in asked
    ]  # fmt: skip
    with actor.system("queueing mail"), transaction.atomic():
        Mail.objects.bulk_create(mails, ignore_conflicts=True, batch_size=1_000)


def configured() -> bool:
    """Say whether the operator has named a mail server; without one, no mail is asked for."""
    return bool(settings.SMTP_URL)


def waiting(now: datetime) -> bool:
    """Say whether some mail is to be sent now. As the system."""
    return Mail.objects.filter(state="waiting", next_try_at__lte=now).exists()


def send_waiting() -> int:
    """Send what waits and return how much was handed over; a server out of reach ends it until the next time."""
    claimed = claim(timezone.now()) if configured() else None
    if claimed is None:
        return 0
    sent = 0
    try:
        with smtp.connected(smtp.server(settings.SMTP_URL)) as mailer:
            while claimed is not None:
                _hand_over(mailer, claimed)
                sent += 1
                claimed = claim(timezone.now()) if sent < MOST else None
    except smtp.MailRefusedError as error:
        if claimed is not None:
            settle(claimed, error, timezone.now())
    return sent


@dataclass(frozen=True)
class Claimed:
    mail_id: int
    message: EmailMessage


def _hand_over(mailer: smtplib.SMTP, claimed: Claimed) -> None:
    try:
        smtp.send(mailer, claimed.message)
    except smtp.MailRefusedError as error:
        if error.whole:
            raise
        settle(claimed, error, timezone.now())
    else:
        settle(claimed, None, timezone.now())


def claim(now: datetime) -> Claimed | None:
    """Take the next mail that has something to say; those that have not, or whose reader is gone, end here."""
    while True:
        with actor.system("sending mail"), transaction.atomic():
            due = Mail.objects.filter(state="waiting", next_try_at__lte=now).order_by("next_try_at", "id")
            mail = due.select_for_update(skip_locked=True, of=("self",)).select_related("user").first()
            if mail is None:
                return None
            message = _composed(mail, now)
            if message is not None:
                mail.tries += 1
                mail.next_try_at = now + LEASE
                mail.save(update_fields=["tries", "next_try_at"])
                return Claimed(mail.pk, message)
            mail.save(update_fields=["state", "ended_at", "error"])


def _composed(mail: Mail, now: datetime) -> EmailMessage | None:
    if mail.user is not None and not mail.user.is_active:
        mail.state, mail.ended_at, mail.error = "cancelled", now, "This person may no longer sign in."
        return None
    compose = _composers.get(mail.purpose)
    with actor.acting(mail.user_id):
        content = compose(mail.user_id, mail.arguments, mail.asked_at) if compose else None
    if content is None:
        mail.state, mail.ended_at, mail.error = "empty", now, ""
        return None
    if mail.user is not None:
        return message(content, mail.user.email, mail.user.name, mail.message_id, now)
    return message(content, mail.address, "", mail.message_id, now)


def settle(claimed: Claimed, refused: smtp.MailRefusedError | None, now: datetime) -> None:
    """Write down how a try ended."""
    with actor.system("sending mail"), transaction.atomic():
        mail = Mail.objects.select_for_update().filter(pk=claimed.mail_id).first()
        if mail is None:
            return
        if refused is None:
            mail.state, mail.ended_at, mail.error = "sent", now, ""
        else:
            mail.error = str(refused)[:200]
            mail.next_try_at = now + rules.wait(mail.tries, mail.message_id)
            if refused.final or rules.given_up(mail.asked_at, now):
                mail.state, mail.ended_at = "failed", now
        mail.save(update_fields=["state", "ended_at", "error", "next_try_at"])


def message(content: Content, address: str, name: str, message_id: str, now: datetime) -> EmailMessage:
    """Make the mail: text and HTML, and the headers that keep machines from answering it."""
    mail = EmailMessage(policy=SMTP)
    sender_name, sender = parseaddr(settings.MAIL_FROM)
    mail["From"] = Address(_line(sender_name) or "Remit", addr_spec=sender)
    mail["To"] = Address(_line(name), addr_spec=address)
    mail["Subject"] = _line(content.subject)[:150]
    mail["Date"] = format_datetime(now)
    mail["Message-ID"] = message_id
    mail["Auto-Submitted"] = "auto-generated"
    if content.unsubscribe:
        mail["List-Unsubscribe"] = f"<{content.unsubscribe}>"
        mail["List-Unsubscribe-Post"] = "List-Unsubscribe=One-Click"
    context = {**content.context, "subject": content.subject, "address": settings.ADDRESS,
               "unsubscribe": content.unsubscribe, "name": _line(name)}  # fmt: skip
    mail.set_content(render_to_string(f"kernel/mail/{content.template}.txt", context), cte="quoted-printable")
    html = render_to_string(f"kernel/mail/{content.template}.html", context)
    mail.add_alternative(html, subtype="html", cte="quoted-printable")
    return mail


def _line(text: str) -> str:
    """Make one line of a text: whatever could end a header, or hide in it, becomes a space."""
    return " ".join("".join(c if c.isprintable() else " " for c in text).split())


def send_test(address: str) -> smtp.Server:
    """Send a test mail at once and return which server took it. MailRefusedError; ValueError for what is no address."""
    server, now = smtp.server(settings.SMTP_URL), timezone.now()
    made = message(TEST, address, "", f"<{uuid.uuid4().hex}@{_host()}>", now)
    with smtp.connected(server) as mailer:
        smtp.send(mailer, made)
    return server


def _host() -> str:
    return urlsplit(settings.ADDRESS).hostname or "remit"


@composer("test")
def _test(user_id: int | None, arguments: dict[str, Any], asked_at: datetime) -> Content:
    return TEST
