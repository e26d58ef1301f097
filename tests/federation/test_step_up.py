"""Who signs in elsewhere only confirms there that it is them, before what is sensitive."""

from __future__ import annotations

import time
from typing import Any

from allauth.account.internal.flows import login
from django.test import Client

from remit.identify.assets.models import Asset
from tests.conftest import Cast, signed_in
from tests.security.helpers import record_in


def by_provider(person: Any, ago: int) -> Client:
    """Return a browser in which this person came by a provider so many seconds ago, and has nothing else to show."""
    person.set_unusable_password()
    person.save()
    client = signed_in(person)
    session = client.session
    session[login._AUTHENTICATION_METHODS_USER_SESSION_KEY] = str(person.pk)
    session[login.AUTHENTICATION_METHODS_SESSION_KEY] = [
        {"method": "socialaccount", "provider": "home", "uid": "1", "at": time.time() - ago}
    ]
    session.save()
    return client


def test_after_a_while_they_are_sent_back_to_the_provider(cast: Cast) -> None:
    asset = record_in(Asset, cast.company, cast.alice)
    reply = by_provider(cast.alice, 3600).post(f"/assets/{asset.pk}/delete/", {"version": 1})
    assert (reply.status_code, reply.headers["Location"].partition("?")[0]) == (302, "/account/sign-in/home/")


def test_the_api_says_so(cast: Cast) -> None:
    asset = record_in(Asset, cast.company, cast.alice)
    reply = by_provider(cast.alice, 3600).delete(f"/api/assets/{asset.pk}")
    assert reply.status_code == 403
    assert reply.json()["code"] == "step-up"


def test_who_has_just_come_goes_on(cast: Cast) -> None:
    asset = record_in(Asset, cast.company, cast.alice)
    reply = by_provider(cast.alice, 5).delete(f"/api/assets/{asset.pk}")
    assert reply.status_code in {200, 204}
