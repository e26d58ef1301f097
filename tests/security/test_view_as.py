"""Viewing as somebody: who may, of whom, what is shown, and that nothing at all can be changed meanwhile."""

from __future__ import annotations

import io
import time
from datetime import timedelta
from typing import Any

import pytest
from django.apps import apps
from django.core.exceptions import PermissionDenied
from django.db import InternalError, connection, transaction
from django.test import Client
from django.utils import timezone

from remit.identify.assets.models import Asset
from remit.identify.vulnerabilities.models import Occurrence
from remit.kernel import actor
from remit.kernel.access.models import NeedToKnow, Unit
from remit.kernel.access.services import grant, invite
from remit.kernel.attachments.services import attach, comment, open_evidence
from remit.kernel.database.install import WRITTEN_BY_VIEWERS
from remit.kernel.jobs.models import JobRun
from remit.kernel.saved_views import SavedView
from remit.kernel.work.models import Work
from tests.conftest import Cast, being, confirmed, signed_in, with_password
from tests.security.helpers import body, record_in

WHY = {"reason": "They say that the list is empty."}


def viewing(viewer: Any, person: Any) -> Client:
    """Return a browser in which one views as the other."""
    client = confirmed(signed_in(viewer))
    assert client.post(f"/access/people/{person.pk}/view-as/", WHY)["Location"] == "/"
    return client


def looks(viewer: Any, verb: str = "view as") -> int:
    with being(viewer), connection.cursor() as cursor:
        since = timezone.now() - timedelta(hours=1)
        cursor.execute("select remit_deeds('kernel.user', %s, %s)", ([verb], since))
        return int(cursor.fetchone()[0])


def test_the_pages_are_those_of_the_other_and_say_so(cast: Cast) -> None:
    own = record_in(Asset, cast.company, cast.carol, name="quetzal-own")
    record_in(Asset, cast.company, cast.bob, name="quetzal-other")
    client = viewing(cast.alice, cast.carol)
    page = client.get("/assets/").content.decode()
    assert "You see what Carol Test sees, until" in page
    assert ("quetzal-own" in page, "quetzal-other" in page) == (True, False)
    assert client.get(f"/assets/{own.pk}/").status_code == 200
    assert client.get("/access/").status_code == 403
    client.post("/access/view-as/stop/")
    page = client.get("/assets/").content.decode()
    assert ("quetzal-other" in page, "You see what" in page) == (True, False)


def test_each_page_is_an_entry_of_the_viewer(cast: Cast) -> None:
    client = viewing(cast.alice, cast.carol)
    for url in ("/", "/assets/", "/inbox/"):
        client.get(url)
    assert (looks(cast.alice), looks(cast.carol)) == (4, 0), "the start and three pages, in the name of who looked"


def test_who_may_be_viewed_as(cast: Cast) -> None:
    with being(None):
        company_head = invite(email="hanna@remit.example", name="Hanna", role="head_of_security", unit=cast.company)
        admin = invite(email="ada@remit.example", name="Ada", role="administrator", unit=cast.company)
        gone = invite(email="gone@remit.example", name="Gone", role="employee", unit=cast.company)
        gone.is_active = False
        gone.save()
        both = invite(email="both@remit.example", name="Both", role="analyst", unit=cast.company)
        grant(user=both, role="employee", unit=cast.sibling)
        nobody = invite(email="none@remit.example", name="None")

    def begun(viewer: Any, person: Any) -> bool:
        client = confirmed(signed_in(viewer))
        client.post(f"/access/people/{person.pk}/view-as/", WHY)
        return "viewing" in client.session

    people = (cast.bob, cast.carol, cast.dan, both, cast.eve)
    assert all(begun(cast.alice, person) for person in people)
    assert not any(begun(cast.alice, person) for person in (cast.alice, company_head, admin, gone, nobody))
    assert begun(company_head, cast.bob)
    assert not any(begun(company_head, person) for person in (both, cast.alice, cast.eve))
    assert not any(begun(person, cast.carol) for person in (cast.bob, admin, cast.dan, cast.eve))


def test_it_asks_for_a_reason_and_who_one_is(cast: Cast) -> None:
    url = f"/access/people/{cast.bob.pk}/view-as/"
    client = confirmed(signed_in(cast.alice))
    client.post(url, {"reason": " "})
    assert "viewing" not in client.session
    assert signed_in(with_password(cast.alice)).post(url, WHY)["Location"].startswith("/account/reauthenticate/")


def test_it_ends_by_itself_and_when_a_rule_forbids_it_by_now(cast: Cast) -> None:
    client = viewing(cast.alice, cast.bob)
    session = client.session
    session["viewing"] = {**session["viewing"], "until": time.time() - 1}
    session.save()
    assert client.get("/assets/")["Location"] == "/"
    assert "You see what" not in client.get("/assets/").content.decode()
    client = viewing(cast.alice, cast.bob)
    with being(None):
        grant(user=cast.bob, role="head_of_security", unit=cast.team)
    assert client.get("/assets/")["Location"] == "/"
    assert "viewing" not in client.session


def test_what_the_viewer_may_not_see_stays_hidden(cast: Cast) -> None:
    """Restricted records that only the other needs to know, and all that hangs on them."""
    secret = record_in(Asset, cast.company, cast.dan, name="quetzal", restricted=True)
    finding = record_in(Occurrence, cast.company, cast.dan, asset=secret, restricted=True)
    named = record_in(Asset, cast.company, name="quetzal-too", restricted=True)
    with being(None):
        NeedToKnow.objects.create(kind="assets.asset", record_id=named.pk, user=cast.dan, reason="x")
        Work.objects.create(
            unit=cast.company, owner=cast.dan, title="quetzal work", restricted=True, about_kind="assets.asset",
            about_id=secret.pk,
        )  # fmt: skip
        Work.objects.create(unit=cast.sibling, owner=cast.dan, title="quetzal elsewhere")
        SavedView.objects.create(user=cast.dan, slug="assets", name="quetzal view")
        run = JobRun.objects.create(user=cast.dan, name="x", title="quetzal job")
        head = invite(email="hanna@remit.example", name="Hanna", role="head_of_security", unit=cast.company)
    with being(cast.dan):
        comment(secret, "quetzal said")
    assert b"quetzal" in signed_in(cast.dan).get("/assets/").content
    client = viewing(head, cast.dan)
    urls = [
        "/",
        "/assets/",
        "/findings/",
        "/work/",
        "/inbox/",
        "/search/?q=quet",
        "/lookup/?q=quet",
        "/palette/?q=quet",
    ]
    assert [url for url in urls if b"quetzal" in body(client.get(url))] == []
    pages = (f"/assets/{secret.pk}/", f"/assets/{named.pk}/", f"/findings/{finding.pk}/", f"/jobs/{run.pk}/")
    assert {client.get(url).status_code for url in pages} == {404}
    with being(None):
        for record in (secret, named):
            NeedToKnow.objects.create(kind="assets.asset", record_id=record.pk, user=head, reason="x")
    assert {client.get(f"/assets/{record.pk}/").status_code for record in (secret, named)} == {200}


@pytest.mark.parametrize("url", [
    "/account/", "/account/password/change/", "/account/2fa/", "/access/", "/access/break-glass/", "/api/me",
    "/api/assets", "/assets/export.csv", "/findings/export.xlsx",
])  # fmt: skip
def test_account_access_api_and_files_are_closed(url: str, cast: Cast) -> None:
    reply = viewing(cast.alice, cast.bob).get(url)
    assert reply.status_code == 403
    assert url.startswith("/api/") or b"Stop viewing first" in reply.content


def test_no_evidence_is_taken_out(cast: Cast) -> None:
    asset = record_in(Asset, cast.company)
    with being(None):
        proof = attach(asset, "a.txt", io.BytesIO(b"quetzal"))
    assert viewing(cast.alice, cast.bob).get(f"/evidence/{proof.pk}/").status_code == 403
    with actor.viewing(cast.bob.pk, cast.alice.pk), transaction.atomic(), pytest.raises(PermissionDenied):
        open_evidence(proof)


def test_no_page_takes_a_change(cast: Cast) -> None:
    asset = record_in(Asset, cast.company, cast.bob)
    client = viewing(cast.alice, cast.bob)
    for url, data in (
        (f"/assets/{asset.pk}/move/confirm/", {}),
        (f"/assets/{asset.pk}/comment/", {"text": "in your name"}),
        (f"/assets/{asset.pk}/delete/", {}),
        ("/views/", {"slug": "assets", "name": "Mine"}),
        (f"/api/assets/{asset.pk}/comments", {"text": "x"}),
        ("/unit/", {"unit": ""}),
    ):
        assert client.post(url, data).status_code == 403, url
    with being(None):
        assert Asset.objects.get(pk=asset.pk).version == 1
        assert not SavedView.objects.exists()
    assert client.post("/account/logout/").status_code == 302


def tables() -> list[str]:
    models = apps.get_models(include_auto_created=True)
    return sorted({m._meta.db_table for m in models if m._meta.managed} - WRITTEN_BY_VIEWERS)


@pytest.mark.parametrize("table", tables())
def test_the_database_refuses_every_change(table: str, cast: Cast) -> None:
    """Also to the system, whose reason a page may state on the way."""
    for who in (actor.acting(cast.bob.pk), actor.system("on the way")):
        with actor.viewing(cast.bob.pk, cast.alice.pk), who, transaction.atomic():
            for statement in (f"delete from {table}", f"insert into {table} default values"):
                with (
                    pytest.raises((InternalError, Exception), match=r"viewing as somebody|permission denied"),
                    transaction.atomic(),
                    connection.cursor() as cursor,
                ):
                    cursor.execute(statement)


def test_every_page_that_can_be_looked_at_writes_nothing(cast: Cast) -> None:
    from remit.kernel.resources import resources

    records = [record_in(resource.model, cast.company, cast.bob) for resource in resources()]
    client = viewing(cast.alice, cast.bob)
    urls = ["/", "/fix-first/", "/figures/", "/imports/new/", "/search/?q=some"]
    for record in records:
        urls += [f"/{record.resource.slug}/", record.get_absolute_url(), f"{record.get_absolute_url()}history/"]
    assert {url: client.get(url).status_code for url in urls} == dict.fromkeys(urls, 200)


def test_a_viewer_is_still_bound_to_their_own_units(cast: Cast) -> None:
    """Were the rule of whom one may view as mistaken, the database still shows only what the viewer reaches."""
    with being(None):
        head = invite(email="hanna@remit.example", name="Hanna", role="head_of_security", unit=cast.company)
    here, there = record_in(Asset, cast.company), record_in(Asset, cast.sibling)
    with being(None):
        grant(user=cast.bob, role="analyst", unit=cast.sibling)
    with actor.viewing(cast.bob.pk, head.pk), transaction.atomic():
        assert set(Asset.objects.values_list("pk", flat=True)) == {here.pk}
        assert not Unit.objects.filter(pk=there.unit_id, code="none").exists()
