"""A checkpoint by mail to a named auditor, who keeps it."""

from __future__ import annotations

import hashlib
from smtplib import SMTPException

from django.conf import settings
from django.core.exceptions import ValidationError
from django.core.mail import EmailMessage
from django.core.validators import validate_email

from remit.kernel.ledger.anchoring.refused import AnchorRefusedError

BODY = """\
This is a checkpoint of the ledger of Remit: the root over its first {size:,} entries, signed. Keep this message.

Whenever you want to know whether an entry of then was changed, deleted, moved or added since, ask for an export, save
the lines between the marks as a file, and verify one against the other on a machine of your own:

    remit ledger verify EXPORT --checkpoint FILE

-----8<-----
{note}-----8<-----
"""


def problem(target: str) -> str:
    """Say what is wrong with an address, or nothing."""
    try:
        validate_email(target)
    except ValidationError:
        return "This is no mail address. Name one, such as auditor@example.org."
    return ""


def deliver(target: str, size: int, note: str) -> None:
    """Send it; the same checkpoint has the same Message-ID, so that a doubled one shows as one.

    AnchorRefusedError where there is no mail server, or it does not take it.
    """
    if not settings.SMTP_URL:
        raise AnchorRefusedError("No mail server is named. Set REMIT_SMTP_URL, then restart Remit.")
    digest = hashlib.sha256(f"{target}\n{note}".encode()).hexdigest()[:32]
    domain = settings.DEFAULT_FROM_EMAIL.rpartition("@")[2].strip("> ") or "remit.invalid"
    message = EmailMessage(
        f"Ledger checkpoint of {size:,} entries",
        BODY.format(size=size, note=note),
        to=[target],
        headers={"Message-ID": f"<checkpoint-{digest}@{domain}>", "Auto-Submitted": "auto-generated"},
    )
    try:
        message.send()
    except (SMTPException, OSError) as error:
        raise AnchorRefusedError(f"The mail server did not take it: {error}. See the settings of mail.") from None
