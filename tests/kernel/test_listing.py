"""Lists of many: orders that an index has, sorts refused for too many, words looked up first, reach said in keys."""

from __future__ import annotations

from typing import Any

import pytest
from django.http import QueryDict
from django.test import Client

from remit.identify.assets.models import Asset
from remit.identify.vulnerabilities.models import Occurrence, Weakness
from remit.kernel import listing
from remit.kernel.access.standing import standing, within
from remit.kernel.listing import Listing, in_units
from remit.kernel.ordering import indexed, order
from remit.kernel.resources import resource
from tests.conftest import Cast, being, make, signed_in


def named(query: str) -> list[str]:
    found: Any = Listing(resource("assets"), QueryDict(query)).page(1)[0]
    return [record.name for record in found]


def test_an_order_is_that_of_an_index_in_either_direction() -> None:
    assert order(Occurrence, "level", down=True) == ("-level", "-score", "-id")
    assert order(Occurrence, "level", down=False) == ("level", "score", "id")
    assert order(Occurrence, "id", down=True) == ("-id",)
    assert order(Asset, "exposure", down=False) == ("exposure", "-pk")


@pytest.mark.parametrize("down", [False, True])
def test_what_an_index_serves(down: bool) -> None:
    served = {"id", "level", "state", "due_on", "last_seen", "asset__name", "weakness__title"}
    assert all(indexed(Occurrence, path, down=down) for path in served)
    assert not any(indexed(Occurrence, path, down=down) for path in ("owner__name", "location", "fixed_at"))


def test_what_is_unknown_comes_last_in_either_direction(cast: Cast) -> None:
    for name, serial in (("first", "2026-01-01T00:00Z"), ("later", "2026-02-01T00:00Z"), ("never", None)):
        make(Asset, unit=cast.company, name=name, last_seen=serial)
    with being(cast.alice):
        assert named("sort=last_seen") == ["first", "later", "never"]
        assert named("sort=-last_seen") == ["later", "first", "never"]


def test_too_many_are_not_sorted_and_the_page_says_so(
    cast: Cast, browser: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("b", "a", "c"):
        make(Asset, unit=cast.company, name=name, operating_system=f"System {name}")
    monkeypatch.setattr(listing, "SORTED", 2)
    refused = browser.get("/assets/?sort=operating_system").context["screen"]
    assert "too many to sort by operating system" in refused.note.lower()
    assert [row.name.split()[-1] for row in refused.rows] == ["c", "a", "b"]
    served = browser.get("/assets/?sort=name").context["screen"]
    assert not served.note
    assert [row.name.split()[-1] for row in served.rows] == ["a", "b", "c"]


def test_saying_the_reach_in_keys_changes_no_answer(cast: Cast) -> None:
    for unit, owner in ((cast.company, cast.carol), (cast.team, None), (cast.sibling, cast.carol), (cast.group, None)):
        make(Asset, unit=unit, owner=owner, name=f"{unit.code}")
    for person in (cast.alice, cast.bob, cast.carol, cast.dan, cast.eve):
        with being(person):
            without = named("")
            assert not within(Asset)
            standing(person.pk)
            assert bool(within(Asset)) == (person != cast.alice)
            assert named("") == without
        with being(person):
            assert not within(Asset), "the standing of an earlier request is not held on to"


def test_words_find_records_by_their_relations_and_nothing_finds_nothing(cast: Cast) -> None:
    weakness = make(Weakness, unit=cast.group, title="OpenSSL handshake")
    made = make(Occurrence, unit=cast.company, weakness=weakness)
    make(Occurrence, unit=cast.company)
    with being(cast.bob):
        found = [Listing(resource("findings"), QueryDict(f"q={words}")).page(1)[0] for words in ("openss", "nothing")]
    assert found == [[made], []]


def test_weaknesses_are_looked_at_by_the_units_of_their_findings(cast: Cast) -> None:
    weakness = make(Weakness, unit=cast.group)
    make(Occurrence, unit=cast.team, weakness=weakness)
    with being(cast.alice):
        assert Weakness.objects.filter(in_units(Weakness, [cast.team.pk])).get() == weakness
        assert not Weakness.objects.filter(in_units(Weakness, [cast.sibling.pk])).exists()
    assert signed_in(cast.bob).get("/weaknesses/").context["screen"].rows
