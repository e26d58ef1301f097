"""Two worlds: the same database with and without what a person may not see answers that person byte for byte alike."""

from __future__ import annotations

import io
import zipfile
from collections.abc import Iterable, Iterator
from typing import Any

import pytest
from django.test import Client
from django.utils import timezone

from remit.kernel.access.models import Unit
from remit.kernel.access.services import invite
from remit.kernel.attachments.models import Comment, RecordLink
from remit.kernel.attachments.services import attach
from remit.kernel.figures.registry import catalogue
from remit.kernel.figures.services import store_readings
from remit.kernel.jobs.models import JobRun
from remit.kernel.resources import resources
from remit.kernel.saved_views import SavedView
from tests.conftest import Cast, being, signed_in
from tests.security.helpers import body, record_in, texts_of

pytestmark = pytest.mark.usefixtures("many_requests")

CANARY = "canary quetzal"


def visible(cast: Cast) -> dict[str, Any]:
    """Make a record of every type in the company, Carol's, with what hangs on it."""
    found = {}
    for resource in resources():
        record = record_in(resource.model, cast.company, cast.carol)
        with being(None):
            Comment.objects.create(kind=record.kind(), record_id=record.pk, by=cast.bob, text="Plain words")
        found[resource.slug] = record
    return found


def hide(place: str, cast: Cast, seen: dict[str, Any]) -> None:
    """Add a record of every type out of sight, with canary words in every text, and hang things on and between them."""
    words = f"{CANARY} {place}"
    unit = {"sibling": cast.sibling, "parent": cast.group}.get(place, cast.company)
    for resource in resources():
        if place == "parent" and resource.model.for_units_below:
            continue  # laid down above for all below: seen by everybody there
        texts = texts_of(resource.model, words)
        record = record_in(resource.model, unit, cast.alice, restricted=place == "restricted", **texts)
        on = {"kind": record.kind(), "record_id": record.pk, "by": cast.alice}
        with being(None):
            if hasattr(record, "level"):
                type(record)._default_manager.filter(pk=record.pk).update(
                    level=3, score=9.9, due_on=timezone.localdate()
                )
            Comment.objects.create(**on, text=words)
            attach(record, f"{words}.txt", io.BytesIO(words.encode()))
            RecordLink.objects.create(**on, to_kind=seen[resource.slug].kind(), to_id=seen[resource.slug].pk)
            RecordLink.objects.create(
                kind=seen["assets"].kind(),
                record_id=seen["assets"].pk,
                by=cast.alice,
                to_kind=record.kind(),
                to_id=record.pk,
            )
            SavedView.objects.create(user=cast.alice, slug=resource.slug, name=words, query=f"q={words}")
    with being(None):
        JobRun.objects.create(user=cast.alice, name="x", title=words, message=words)
        if place == "sibling":
            Unit.objects.create(code="hidden", name=words, parent=cast.sibling)


def addresses(seen: dict[str, Any]) -> Iterator[str]:
    yield from (
        "/",
        "/inbox/",
        "/fix-first/",
        "/fix-first/?all=1",
        "/fix-first/?level=3",
        "/figures/",
        "/account/",
        "/access/",
        "/api/me",
        "/api/inbox",
    )
    yield from (
        f"/{page}?q={words}"
        for page in ("search/", "palette/", "lookup/", "lookup/units/")
        for words in ("canary", "quetzal", "some", "can")
    )
    for figure in catalogue():
        yield f"/figures/{figure.name}/"
    for slug, record in seen.items():
        yield from (
            f"/{slug}/",
            f"/{slug}/?q=canary",
            f"/{slug}/?count=exact&sort=-ref",
            f"/{slug}/?owner={record.owner_id}",
            f"/{slug}/?state=open",
        )
        yield from (f"/{slug}/{record.pk}/{last}" for last in ("", "history/", "edit/", "delete/"))
        yield from (f"/{slug}/export.{kind}" for kind in ("csv", "json"))
        yield from (f"/lookup/{slug}/?q=", f"/lookup/{slug}/?q=quetzal", f"/{slug}/new/", f"/{slug}/import/")
        yield from (f"/api/{slug}", f"/api/{slug}?q=canary", f"/api/{slug}/{record.pk}")
        yield from (f"/api/{slug}/{record.pk}/{last}" for last in ("history", "comments", "links"))
        yield from (f"/{slug}/?sort={sort}" for sort in list(record.resource.sort_fields())[:4])


def world(client: Client, urls: Iterable[str]) -> dict[str, tuple[int, bytes]]:
    found = {}
    for url in urls:
        reply = client.get(url)
        found[url] = (reply.status_code, body(reply))
    return found


@pytest.mark.parametrize(
    ("name", "places"),
    [("bob", ("sibling", "restricted")), ("eve", ("parent",)), ("dan", ("restricted",)), ("carol", ("sibling",))],
)
def test_what_is_hidden_changes_no_answer(name: str, places: tuple[str, ...], cast: Cast) -> None:
    """One place after the other fills; every answer stays as it was when all of them were empty."""
    seen = visible(cast)
    if places[0] != "restricted":  # which counts in its unit's figures, as it should: they are not read anew then
        store_readings(timezone.localdate())
    client = signed_in(getattr(cast, name))
    client.get("/inbox/")
    without = world(client, addresses(seen))
    for place in places:
        hide(place, cast, seen)
        if place != "restricted":
            store_readings(timezone.localdate())
        with_it = world(client, without)
        told = [url for url in without if without[url] != with_it[url]]
        assert not told, f"{place}: {len(told)} answers tell of what is hidden, first {told[:6]}"
        leaks = [
            url
            for url, (_, page) in with_it.items()
            if b"quetzal" in page.replace(b"q=quetzal", b"").replace(b'value="quetzal"', b"") and "quetzal" not in url
        ]
        assert not leaks


def test_the_canary_sings_for_who_may_see_it(cast: Cast) -> None:
    """The comparison above means something: the head of security is told of every hidden record."""
    seen = visible(cast)
    client = signed_in(cast.alice)
    sing = {
        "/search/?q=canary",
        "/assets/",
        "/findings/",
        "/api/assets",
        "/lookup/?q=quetzal",
        "/fix-first/",
        "/assets/export.csv",
    }
    assert sing <= set(addresses(seen))
    without = world(client, sing)
    hide("sibling", cast, seen)
    with_it = world(client, sing)
    assert not [url for url in sing if without[url] == with_it[url]]


def test_no_workbook_holds_what_is_hidden(cast: Cast) -> None:
    seen = visible(cast)
    hide("sibling", cast, seen)
    for person, sings in ((cast.bob, False), (cast.alice, True)):
        reply = signed_in(person).get("/assets/export.xlsx")
        with zipfile.ZipFile(io.BytesIO(body(reply))) as book:
            assert any(b"quetzal" in book.read(name) for name in book.namelist()) is sings


def test_a_hidden_namesake_does_not_take_a_name(cast: Cast) -> None:
    """A new asset may have the name that a hidden one has: whether it can be made tells nothing."""
    from remit.identify.assets.models import Asset

    record_in(Asset, cast.sibling, name=CANARY)
    values = {
        "name": CANARY,
        "unit": cast.company.pk,
        "kind_of": "host",
        "criticality": 3,
        "exposure": "internal",
        "environment": "production",
    }
    assert signed_in(cast.bob).post("/assets/new/", values).status_code == 302


def test_whom_one_may_name_does_not_tell_what_they_hold(cast: Cast) -> None:
    with being(None):
        invite(email="new@remit.example", name="New Person", role="analyst", unit=cast.sibling)
    for entry in signed_in(cast.bob).get("/lookup/users/?q=new").json():
        assert set(entry) == {"id", "text", "note"}
        assert "analyst" not in str(entry).lower()
