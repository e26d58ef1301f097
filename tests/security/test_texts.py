"""Texts that people and files bring in: on every page they are text, and never markup, script, template or formula."""

from __future__ import annotations

import csv
import io
import re
from typing import Any

import pytest
from lxml import html

from remit.kernel.access.models import Unit, User
from remit.kernel.attachments.models import Comment, Evidence, RecordLink
from remit.kernel.jobs.models import JobRun
from remit.kernel.resources import Resource, resources
from remit.kernel.saved_views import SavedView
from tests.conftest import Cast, being, signed_in
from tests.security.helpers import record_in, texts_of

PAYLOADS = (
    "<script>xssmark(1)</script>",
    '"><img src=x onerror=xssmark(1)>',
    "' onmouseover='xssmark(1)' x='",
    "</title></textarea></script><svg onload=xssmark(1)>",
    "javascript:xssmark(1)//",
    "{{7*7}}{% debug %}${7*7}<%= 7*7 %>xssmark",
    '<a href="javascript:xssmark(1)">xssmark</a>',
)
FORMULAS = (
    "=1+1",
    "+1+1",
    "-1+1",
    "@SUM(1)",
    "\t=1+1",
    "\r=1+1",
    "=cmd|' /C calc'!A0",
    '=HYPERLINK("http://evil.example")',
    "\n=1+1",
    "\uff1d1+1",
)
ADDRESSES = {"href", "src", "action", "formaction", "hx-get", "hx-post", "xlink:href", "poster", "data"}


def poisoned(resource: Resource, cast: Cast, payload: str) -> Any:
    """Make a record whose every text, and every text that hangs on it, is the payload."""
    record = record_in(resource.model, cast.company, cast.bob, **texts_of(resource.model, payload))
    with being(None):
        on = {"kind": record.kind(), "record_id": record.pk, "by": cast.bob}
        Comment.objects.create(**on, text=payload)
        Evidence.objects.create(**on, name=payload, source=payload, content_type="text/html", size=1, digest="0" * 64)
        RecordLink.objects.create(**on, to_kind=cast.asset.kind(), to_id=cast.asset.pk)  # type: ignore[attr-defined]
        SavedView.objects.create(
            user=cast.bob, slug=resource.slug, name=payload[:80], query=f"q={payload}", shared=True
        )
    return record


def check(page: bytes, url: str) -> None:
    """Refuse any element, attribute or address that the payload has become."""
    tree = html.document_fromstring(page)
    for element in tree.iter():
        if not isinstance(element.tag, str):
            continue
        for name, value in element.attrib.items():
            assert not str(name).startswith("on"), f"{url}: <{element.tag} {name}={value!r}>"
            if name in ADDRESSES:
                assert not re.match(r"\s*(javascript|data|vbscript):", str(value), re.I), (
                    f"{url}: <{element.tag} {name}={value!r}>"
                )
        if element.tag in {"script", "style", "iframe", "object", "embed"}:
            assert "xssmark" not in (element.text or ""), url
        assert not (element.tag in {"img", "svg"} and "xssmark" in str(dict(element.attrib))), url
    assert b"7*7" not in page.replace(b"{{7*7}}", b"").replace(b"${7*7}", b"").replace(b"7*7 %", b""), url
    assert not re.search(rb"(?<![\w.:-])49\$\{", page), url


@pytest.fixture
def people(cast: Cast) -> Cast:
    from remit.identify.assets.models import Asset

    object.__setattr__(cast, "asset", record_in(Asset, cast.company, cast.bob, name="Plain"))
    return cast


@pytest.mark.parametrize("payload", PAYLOADS)
def test_texts_stay_texts_on_every_page(payload: str, people: Cast) -> None:
    cast = people
    with being(None):
        Unit.objects.filter(pk=cast.company.pk).update(name=payload[:120])
        User.objects.filter(pk=cast.bob.pk).update(name=payload[:120], title=payload[:120])
        job = JobRun.objects.create(user=cast.bob, name="x", title=payload, message=payload)
    client = signed_in(cast.bob)
    urls = ["/", "/inbox/", "/fix-first/", "/account/", "/figures/", f"/jobs/{job.pk}/"]
    for resource in resources():
        record = poisoned(resource, cast, payload)
        base = f"/{resource.slug}/"
        urls += [
            base,
            f"{base}new/",
            f"{base}{record.pk}/",
            f"{base}{record.pk}/edit/",
            f"{base}{record.pk}/delete/",
            f"{base}{record.pk}/history/",
        ]
    for url in urls:
        reply = client.get(url)
        assert reply.status_code in {200, 403, 404}, url
        check(reply.content, url)
    for url in ("/search/", "/assets/", "/findings/", "/fix-first/action/"):
        for name in ("q", "sort", "columns", "state", "owner", "action", "in", "last_seen_min"):
            check(client.get(url, {name: payload}).content, f"{url}?{name}")
    for url in ("/palette/", "/lookup/", "/lookup/assets/", "/lookup/users/", "/lookup/units/"):
        reply = client.get(url, {"q": "xssmark"})
        assert reply["Content-Type"].startswith("application/json"), url


@pytest.mark.parametrize("payload", [*PAYLOADS[:2], PAYLOADS[3], '<a href="javascript:x">x</a>', "49${xssmark"])
def test_a_text_that_had_become_markup_would_be_noticed(payload: str) -> None:
    with pytest.raises(AssertionError):
        check(f"<!doctype html><body><p>{payload}</p></body>".encode(), "a page that escapes nothing")


@pytest.mark.parametrize("payload", PAYLOADS[:4])
def test_refused_values_come_back_as_texts(payload: str, people: Cast) -> None:
    client = signed_in(people.bob)
    for resource in resources():
        if resource.by_hand and resource.fields:
            reply = client.post(f"/{resource.slug}/new/", dict.fromkeys(resource.form_fields, payload))
            assert reply.status_code == 422, resource
            check(reply.content, resource.slug)
    check(client.post("/views/", {"slug": payload, "name": payload}, follow=True).content, "views")
    check(client.get(f"/{payload}/").content, "an address")
    check(signed_in(people.bob).get("/account/login/", {"next": payload}, follow=True).content, "next")


@pytest.mark.parametrize("text", FORMULAS)
def test_no_cell_of_an_export_is_a_formula(text: str, people: Cast) -> None:
    client = signed_in(people.bob)
    for resource in resources():
        values = texts_of(resource.model, text)
        record_in(resource.model, people.company, people.bob, **values)
        reply: Any = client.get(
            f"/{resource.slug}/export.csv", {"columns": ",".join([*resource.columns, *resource.fact_names])}
        )
        content = b"".join(reply.streaming_content).decode("utf-8-sig")
        cells = [cell for row in csv.reader(io.StringIO(content, newline="")) for cell in row]
        risky = [
            cell
            for cell in cells
            if cell[:1] in {"=", "+", "@", "\t", "\r", "\n", "\uff1d"}
            or (cell.startswith("-") and len(cell) > 1 and not cell[1].isdigit())
        ]
        assert not risky, (resource.slug, risky)
