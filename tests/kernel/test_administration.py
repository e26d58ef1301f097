"""Administration: one page that leads everywhere else, and the tabs between the pages that belong together."""

from __future__ import annotations

import re

import pytest

from remit.kernel.access.standing import ReachedUnit, Standing
from remit.kernel.web import places
from tests.conftest import Cast, signed_in


def holding(*roles: str) -> Standing:
    return Standing(1, (ReachedUnit(1, "hal", "Halvern", None, 0, frozenset(roles)),))


HEAD, ADMINISTRATOR, ANALYST, AUDITOR = map(holding, ("head_of_security", "administrator", "analyst", "auditor"))


@pytest.mark.parametrize(
    ("path", "tab"),
    [
        ("/access/", "People"),
        ("/access/people/3/", "People"),
        ("/access/invite/", "People"),
        ("/access/units/new/", "Units"),
        ("/access/reviews/1/", "Reviews"),
        ("/access/services/1/tokens/new/", "Service accounts"),
        ("/outbox/", "Outbox"),
        ("/account/", "Profile"),
        ("/account/2fa/webauthn/add/", "Second factor"),
    ],
)
def test_the_tab_of_a_page_is_marked(path: str, tab: str) -> None:
    assert [link.text for link in places.tabs(path, HEAD)[1] if link.current] == [tab]


def test_tabs_are_shown_to_those_whom_they_lead_somewhere() -> None:
    assert "Break the glass" in [link.text for link in places.tabs("/access/", HEAD)[1]]
    assert "Break the glass" not in [link.text for link in places.tabs("/access/", ADMINISTRATOR)[1]]
    assert places.tabs("/access/services/", ANALYST) == ("", ())
    assert places.tabs("/account/", ANALYST)[0] == "Profile and sign-in"
    assert places.tabs("/assets/", HEAD) == ("", ())


def test_the_rail_leads_to_administration_by_one_entry() -> None:
    assert [(link.url, link.current) for link in places.entries("/outbox/", HEAD)] == [("/administration/", True)]
    assert [link.url for link in places.entries("/", AUDITOR)] == ["/ledger/"]
    assert places.entries("/", ANALYST) == ()


def test_search_leads_to_every_place_that_is_open(cast: Cast) -> None:
    def texts(person: object, words: str) -> list[str]:
        groups = signed_in(person).get(f"/palette/?q={words}").json()["groups"]
        return [link["text"] for group in groups if group["title"] == "Go to" for link in group["links"]]

    assert texts(cast.alice, "break") == ["Break the glass"]
    assert texts(cast.alice, "outbox") == ["Outbox"]
    assert texts(cast.bob, "outbox") == []
    assert texts(cast.bob, "tokens") == ["API tokens"]


def test_each_card_leads_to_a_page(cast: Cast) -> None:
    alice = signed_in(cast.alice)
    page = alice.get("/administration/").content.decode()
    addresses = re.findall(r'class="card place" href="([^"]+)"', page)
    assert addresses == [place.url for place in places.ADMINISTRATION]
    assert {alice.get(address).status_code for address in addresses} == {200}
    assert signed_in(cast.eve).get("/administration/").status_code == 403


def test_its_queries_do_not_grow_with_people(cast: Cast, django_assert_max_num_queries: object) -> None:
    alice = signed_in(cast.alice)
    alice.get("/administration/")
    with django_assert_max_num_queries(45):  # type: ignore[operator]
        alice.get("/administration/")


def test_units_groups_and_engagements_have_a_page_each(cast: Cast) -> None:
    alice = signed_in(cast.alice)
    assert cast.company.name in alice.get("/access/units/").content.decode()
    assert "No group yet" in alice.get("/access/groups/").content.decode()
    assert "Audit engagements" in alice.get("/access/engagements/").content.decode()
