"""Speaking to the mail server that the operator has named: plain Python, no Django.

`smtp://user:password@mail.example.com:587?tls=starttls`; `tls` is "starttls" (the default), "tls" from the first byte
(the default of `smtps://` and port 465) or "none", which only a server on this machine is spoken to with.
"""

from __future__ import annotations

import smtplib
import ssl
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from email.message import EmailMessage
from urllib.parse import parse_qs, unquote, urlsplit

SECONDS = 20.0
LOCAL = frozenset({"localhost", "127.0.0.1", "::1"})
TLS = ("starttls", "tls", "none")


class MailRefusedError(Exception):
    """A mail was not taken. `final`: trying again is of no use. `whole`: the server itself refuses, or is away."""

    def __init__(self, message: str, *, final: bool = False, whole: bool = False) -> None:
        super().__init__(message)
        self.final, self.whole = final, whole


class MailConfigurationError(MailRefusedError):
    """The settings of mail cannot be used; the text names the setting and the remedy, and no password."""

    def __init__(self, message: str) -> None:
        super().__init__(message, whole=True)


@dataclass(frozen=True)
class Server:
    host: str
    port: int
    tls: str
    user: str = ""
    password: str = field(default="", repr=False)


def server(url: str) -> Server:
    """Read REMIT_SMTP_URL. MailConfigurationError says what is wrong with it."""
    like = "Write REMIT_SMTP_URL like smtp://user:password@mail.example.com:587?tls=starttls."
    try:
        parts = urlsplit(url)
        port, host = parts.port, parts.hostname or ""
        said = parse_qs(parts.query, strict_parsing=bool(parts.query))
    except ValueError:
        raise MailConfigurationError(like) from None
    if parts.scheme not in {"smtp", "smtps"} or not host or set(said) - {"tls"}:
        raise MailConfigurationError(like)
    usual = "tls" if parts.scheme == "smtps" or port == 465 else "starttls"
    tls = said.get("tls", [usual])[0]
    if tls not in TLS:
        raise MailConfigurationError(f"REMIT_SMTP_URL: tls is one of {', '.join(TLS)}.")
    if tls == "none" and host not in LOCAL:
        raise MailConfigurationError("REMIT_SMTP_URL: tls=none is only for a server on this machine; use starttls.")
    user, password = unquote(parts.username or ""), unquote(parts.password or "")
    return Server(host, port or (465 if tls == "tls" else 587 if tls == "starttls" else 25), tls, user, password)


@contextmanager
def connected(to: Server, seconds: float = SECONDS) -> Iterator[smtplib.SMTP]:
    """Connect, begin TLS against the server's name, and sign in. MailRefusedError (`whole`) where that fails."""
    try:
        mailer = _opened(to, seconds)
    except ssl.SSLCertVerificationError as error:
        raise MailRefusedError(
            f"The certificate of {to.host} is not valid: {error.verify_message}.", whole=True
        ) from None
    except smtplib.SMTPAuthenticationError as error:
        raise MailRefusedError(f"{to.host} refuses the name or password ({error.smtp_code}).", whole=True) from None
    except smtplib.SMTPNotSupportedError:
        raise MailRefusedError(f"{to.host} offers no TLS, or no sign-in.", whole=True) from None
    except (OSError, smtplib.SMTPException) as error:
        raise MailRefusedError(f"{to.host}:{to.port} cannot be reached ({type(error).__name__}).", whole=True) from None
    try:
        yield mailer
    finally:
        with suppress(OSError, smtplib.SMTPException):
            mailer.quit()
        mailer.close()


def _opened(to: Server, seconds: float) -> smtplib.SMTP:
    context = ssl.create_default_context()
    if to.tls == "tls":
        mailer: smtplib.SMTP = smtplib.SMTP_SSL(to.host, to.port, timeout=seconds, context=context)
    else:
        mailer = smtplib.SMTP(to.host, to.port, timeout=seconds)
    try:
        if to.tls == "starttls":
            mailer.starttls(context=context)
        if to.user:
            mailer.login(to.user, to.password)
    except BaseException:
        mailer.close()
        raise
    return mailer


def send(mailer: smtplib.SMTP, message: EmailMessage) -> None:
    """Hand one mail over. MailRefusedError says whether trying again is of use."""
    try:
        mailer.send_message(message)
    except smtplib.SMTPRecipientsRefused as error:
        code = next(iter(error.recipients.values()))[0]
        raise MailRefusedError(f"The mail server refuses the address ({code}).", final=code >= 500) from None
    except smtplib.SMTPSenderRefused as error:
        raise MailRefusedError(f"The mail server refuses the sender ({error.smtp_code}).", whole=True) from None
    except smtplib.SMTPResponseException as error:
        code = error.smtp_code
        raise MailRefusedError(f"The mail server refuses the mail ({code}).", final=code >= 500) from None
    except smtplib.SMTPNotSupportedError:
        raise MailRefusedError("The mail server does not take addresses with such letters.", final=True) from None
    except (OSError, smtplib.SMTPException) as error:
        raise MailRefusedError(f"The connection broke ({type(error).__name__}).", whole=True) from None
