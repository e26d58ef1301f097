"""The same request twice, or twenty at once: one effect; other values, or a refused form sent again, are new."""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import partial
from typing import Any

import pytest
from django.test import Client

from remit.identify.assets.models import Asset
from remit.kernel.access.models import User
from remit.kernel.attachments.models import Comment
from remit.kernel.submissions import Submission
from remit.kernel.web.once import once
from remit.kernel.work.models import Work
from tests.conftest import Cast, being, signed_in
from tests.security.helpers import Stored, record_in, stored_database

TOKEN = re.compile(r'name="csrfmiddlewaretoken" value="([^"]+)"')
NEW = {"name": "twice", "kind_of": "host", "criticality": 3, "exposure": "internal", "environment": "production"}


def token_on(client: Client, url: str) -> str:
    found = TOKEN.search(client.get(url).content.decode())
    assert found, f"{url} has a form without a token"
    return found[1]


def test_a_double_click_makes_one_record_and_leads_to_it_twice(cast: Cast) -> None:
    bob = signed_in(cast.bob)
    form = {**NEW, "unit": cast.company.pk, "csrfmiddlewaretoken": token_on(bob, "/assets/new/")}
    first, second = (bob.post("/assets/new/", form) for _ in range(2))
    assert (first.status_code, first["Location"]) == (second.status_code, second["Location"])
    assert "came twice" in bob.get(second["Location"]).content.decode()
    with being(None):
        assert Asset.objects.filter(name="twice").count() == 1
        assert Submission.objects.count() == 1


def test_another_form_or_other_values_are_another_deed(cast: Cast) -> None:
    bob = signed_in(cast.bob)
    form = {**NEW, "unit": cast.company.pk, "csrfmiddlewaretoken": token_on(bob, "/assets/new/")}
    bob.post("/assets/new/", form)
    bob.post("/assets/new/", {**form, "name": "twice more"})
    bob.post("/assets/new/", {**form, "csrfmiddlewaretoken": token_on(bob, "/assets/new/")})
    with being(None):
        assert Asset.objects.filter(name__startswith="twice").count() == 3


def test_a_refused_form_may_be_sent_again(cast: Cast) -> None:
    bob = signed_in(cast.bob)
    token = token_on(bob, "/assets/new/")
    wrong = {**NEW, "unit": cast.company.pk, "criticality": 77, "csrfmiddlewaretoken": token}
    assert [bob.post("/assets/new/", wrong).status_code for _ in range(2)] == [422, 422]
    assert bob.post("/assets/new/", {**wrong, "criticality": 3}).status_code == 302


def test_a_token_of_somebody_else_tells_and_stops_nothing(cast: Cast) -> None:
    bob, carol = signed_in(cast.bob), signed_in(cast.carol)
    record = record_in(Asset, cast.company, cast.carol)
    form = {"text": "same words", "csrfmiddlewaretoken": token_on(bob, f"/assets/{record.pk}/")}
    for client in (bob, carol):
        assert client.post(f"/assets/{record.pk}/comment/", form).status_code == 302
    with being(None):
        assert Comment.objects.filter(text="same words").count() == 2
    with being(cast.carol):
        assert {each.user_id for each in Submission.objects.all()} == {cast.carol.pk}


def test_saving_an_edit_twice_is_no_conflict_with_oneself(cast: Cast) -> None:
    record = record_in(Asset, cast.company, cast.bob)
    bob = signed_in(cast.bob)
    url = f"/assets/{record.pk}/edit/"
    form = {**NEW, "unit": cast.company.pk, "version": 1, "csrfmiddlewaretoken": token_on(bob, url)}
    assert [bob.post(url, form).status_code for _ in range(2)] == [302, 302]
    with being(None):
        record.refresh_from_db()
    assert (record.name, record.version) == ("twice", 2)


@pytest.fixture(scope="module")
def stored(django_db_setup: None, django_db_blocker: Any) -> Iterator[Stored]:
    with django_db_blocker.unblock(), stored_database() as made:
        yield made


def test_twenty_at_once_have_one_effect(stored: Stored) -> None:
    from remit.kernel.access.models import Unit
    from remit.kernel.access.services import invite

    def office() -> tuple[Any, Any, Any]:
        with being(None):
            unit = Unit.objects.create(code="grp", name="Group", kind="group")
            person = invite(email="bob@remit.example", name="Bob", role="analyst", unit=unit)
        return unit, person, record_in(Asset, unit, person)

    [(unit, person, record)] = stored.run(office)
    base = f"/assets/{record.pk}/"
    deeds: list[tuple[str, dict[str, Any]]] = [
        ("/assets/new/", {**NEW, "unit": unit.pk}),
        (f"{base}comment/", {"text": "said"}),
        (f"{base}work/", {"title": "Do it", "owner": person.pk}),
    ]
    for url, values in deeds:
        form = {**values, "csrfmiddlewaretoken": "x" * 64}
        clients = [stored.run(lambda: signed_in(User.objects.get(pk=person.pk)))[0] for _ in range(20)]
        answers = stored.run(*(partial(client.post, url, form) for client in clients))
        assert {(answer.status_code, answer["Location"]) for answer in answers} == {(302, answers[0]["Location"])}, url

    def counts() -> list[int]:
        with being(None):
            return [
                Asset.objects.filter(name="twice").count(),
                Comment.objects.count(),
                Work.objects.filter(title="Do it").count(),
            ]

    assert stored.run(counts) == [[1, 1, 1]]


def test_every_view_that_makes_something_is_guarded() -> None:
    """By its closure: the guard is under whatever else decorates the view."""
    from django.urls import URLPattern, get_resolver

    def guarded(view: Any) -> bool:
        while view is not None:
            if getattr(view, "__qualname__", "") and view.__code__ is once(lambda request: None).__code__:
                return True
            view = getattr(view, "__wrapped__", None)
        return False

    make = {"create", "edit", "delete", "move", "comment", "attach", "link", "unlink", "ask", "bulk", "import",
            "access_invite", "access_act", "access_new_unit", "access_unit", "import_scans"}  # fmt: skip

    def pages(patterns: Any) -> Iterator[Any]:
        for each in patterns:
            yield from (each,) if isinstance(each, URLPattern) else pages(each.url_patterns)

    views = {each.name: each.callback for each in pages(get_resolver().url_patterns) if each.name in make}
    assert set(views) == make
    assert not [name for name, view in views.items() if not guarded(view)]
