"""The time that a refusal takes tells nothing: an unknown address costs as much as a wrong password."""

from __future__ import annotations

import statistics
import time

import pytest
from axes.models import AccessAttempt
from django.test import Client

from remit.kernel.access.services import disable
from tests.conftest import Cast, being
from tests.security.helpers import forget_rates, sign_in

PASSWORD = "harbour lantern seventeen"
ROUNDS = 9
NOISE = 0.25
"""Medians may differ by this share of the larger; three tries, since others keep the machine busy too."""


def medians(emails: dict[str, str]) -> dict[str, float]:
    """The median processor time of refusals by kind of account, in turns so that noise falls on all alike."""
    times: dict[str, list[float]] = {kind: [] for kind in emails}
    for number in range(ROUNDS):
        for kind, email in emails.items():
            forget_rates()
            AccessAttempt.objects.all().delete()
            client = Client()
            client.get("/account/login/")
            began = time.process_time()
            sign_in(client, email.format(number), f"{PASSWORD} no")
            times[kind].append(time.process_time() - began)
    return {kind: statistics.median(each) for kind, each in times.items()}


def test_no_clock_tells_which_accounts_there_are(cast: Cast) -> None:
    with being(None):
        for person in (cast.bob, cast.carol):
            person.set_password(PASSWORD)
            person.save()
        disable(cast.carol)
    emails = {"known": "bob@remit.example", "unknown": "nobody{}@remit.example", "disabled": "carol@remit.example",
              "without password": "dan@remit.example"}  # fmt: skip
    found: dict[str, float] = {}
    for _ in range(3):
        found = medians(emails)
        if max(found.values()) - min(found.values()) < NOISE * max(found.values()):
            return
    pytest.fail(f"The kinds of account can be told apart by time: {found}")
