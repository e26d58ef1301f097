"""Refusals are on the ledger: of pages, of the API, of what is hidden and of what is missing alike, and boundedly."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from django.core.cache import cache
from django.db import connection
from django.utils import timezone

from remit.identify.assets.models import Asset
from remit.kernel.ledger.reading import history
from remit.kernel.web import noting
from tests.conftest import Cast, being, signed_in
from tests.security.helpers import MISSING, record_in


@pytest.fixture(autouse=True)
def fresh_counts() -> None:
    cache.clear()


@pytest.fixture
def noted(monkeypatch: pytest.MonkeyPatch) -> list[tuple[Any, ...]]:
    found: list[tuple[Any, ...]] = []
    really = noting.note

    def note(*said: Any) -> None:
        found.append(said)
        really(*said)

    monkeypatch.setattr(noting, "note", note)
    return found


def refusals(person: Any, kind: str) -> int:
    with being(person), connection.cursor() as cursor:
        cursor.execute("select remit_deeds(%s, array['refuse'], %s)", (kind, timezone.now() - timedelta(hours=1)))
        return int(cursor.fetchone()[0])


def test_a_verb_that_is_lacking_is_noted_on_page_and_api(cast: Cast) -> None:
    asset = record_in(Asset, cast.company)
    dan = signed_in(cast.dan)
    assert dan.post(f"/assets/{asset.pk}/move/confirm/").status_code == 403
    assert dan.post(f"/api/assets/{asset.pk}/moves/confirm", {}, content_type="application/json").status_code == 403
    assert dan.get("/access/").status_code == 403
    assert refusals(cast.dan, "assets.asset") == 2
    with being(cast.bob):
        assert [e.verb for e in history("assets.asset", asset.pk)] == ["create"], "no record's history tells of it"
    assert refusals(cast.dan, "page.access") == 1


def test_hidden_and_missing_are_noted_alike(cast: Cast, noted: list[Any]) -> None:
    hidden = record_in(Asset, cast.company, cast.carol, name="quetzal", restricted=True)
    bob = signed_in(cast.bob)
    for key in (hidden.pk, MISSING):
        cache.clear()
        assert bob.get(f"/assets/{key}/").status_code == 404
    first, second = noted
    assert first == ("refuse", "assets.asset", (), f"GET record no. {hidden.pk}: 404")
    assert second == ("refuse", "assets.asset", (), f"GET record no. {MISSING}: 404")


def test_the_same_queries_are_asked_for_hidden_and_missing(cast: Cast, django_assert_num_queries: Any) -> None:
    from django.test.utils import CaptureQueriesContext

    hidden = record_in(Asset, cast.company, cast.carol, restricted=True)
    bob = signed_in(cast.bob)
    bob.get("/inbox/")
    counts = []
    for key in (hidden.pk, MISSING):
        cache.clear()
        with CaptureQueriesContext(
            connection,
        ) as asked:
            bob.get(f"/assets/{key}/")
        counts.append(len(asked))
    assert counts[0] == counts[1]


def test_who_tries_a_thousand_times_fills_nothing(cast: Cast, noted: list[Any]) -> None:
    bob = signed_in(cast.bob)
    for key in range(MISSING, MISSING + 25):
        bob.get(f"/assets/{key}/")
    assert len(noted) <= 4, "the first and the tenth of each minute that this took"
    assert any("10 times within a minute" in said[3] for said in noted)


def test_no_page_at_all_is_no_refusal(cast: Cast, noted: list[Any]) -> None:
    bob = signed_in(cast.bob)
    assert bob.get("/no/such/place/").status_code == 404
    assert bob.get("/assets/").status_code == 200
    assert noted == []
