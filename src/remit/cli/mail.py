"""`remit mail`: whether mail can be sent, tried with the settings as they are."""

import argparse

from .errors import BAD_INPUT, CommandError


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """The one action."""
    actions = parser.add_subparsers(dest="action", required=True, metavar="ACTION")
    test = actions.add_parser("test", help="send a test mail at once, without the queue")
    test.add_argument("address", help="to whom")


def run(arguments: argparse.Namespace) -> int:
    """Send the test mail and say how it went."""
    from .django_setup import django_setup  # noqa: PLC0415

    django_setup()
    from remit.kernel.outbox import mail, smtp  # noqa: PLC0415 - after django_setup

    if not mail.configured():
        raise CommandError("No mail server is named.", "Set REMIT_SMTP_URL; docs/notifications.md says how.")
    try:
        server = mail.send_test(arguments.address)
    except ValueError:
        raise CommandError(f"{arguments.address} is no mail address.", "Give one.", status=BAD_INPUT) from None
    except smtp.MailRefusedError as error:
        raise CommandError(str(error), "Look at REMIT_SMTP_URL and REMIT_MAIL_FROM, and at the server's log.") from None
    print(f"{server.host}:{server.port} took the mail to {arguments.address} ({server.tls}).")
    return 0
