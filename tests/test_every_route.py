"""Every address, for every role and {own, colleague's, restricted, parent's, sibling's, missing} record: who is let in.

The policy stands in `tests.security.policy`, where each address names the verb it asks for. One that is not there fails
`test_every_address_declares_its_policy`.

A record that is hidden and one that is not there are answered alike: by one answer, byte for byte, for all types.

What all record types have alike is asked in two shares. The matrix asks every address, as every role, in every place,
and of every type, but of a type in one place only; the rest (`-k rest`) asks what then is left of every type in every
place. `test_the_shares_make_up_the_whole` holds them to that.
"""

from __future__ import annotations

import io
import json
import re
from collections.abc import Iterator
from contextlib import nullcontext
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from django.conf import settings
from django.contrib.auth.hashers import make_password
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import models
from django.test import Client, override_settings
from django.urls import URLPattern, get_resolver, resolve

from remit.kernel.access.models import Unit
from remit.kernel.access.need_to_know import own_restriction
from remit.kernel.access.roles import ROLES, Level, Role
from remit.kernel.access.services import invite, welcome_token
from remit.kernel.attachments.models import Comment, RecordLink
from remit.kernel.attachments.services import attach
from remit.kernel.figures.registry import catalogue
from remit.kernel.jobs.models import JobRun
from remit.kernel.lifecycle import Move
from remit.kernel.records import Record
from remit.kernel.resources import Resource, resources
from remit.kernel.saved_views import SavedView
from tests.conftest import being, confirmed, engaged, signed_in
from tests.security.helpers import MISSING, body, form_values, json_values, record_in, undone, without
from tests.security.policy import (
    ALLOWED,
    API,
    AREA_OPERATIONS,
    AREA_PAGES,
    CLOSED,
    FORBIDDEN,
    KEEP,
    LOGIN,
    NOT_FOUND,
    OF_A_THING,
    PAGES,
    PLACES,
    RECORD_PAGES,
    TYPE_PAGES,
    Page,
    nobody,
)  # fmt: skip

pytestmark = pytest.mark.usefixtures("many_requests")

PASSWORD = "a long enough password"


def addresses() -> Iterator[tuple[str, str]]:
    """Yield every address of the product as (pattern, name)."""

    def walk(patterns: Any, before: str) -> Iterator[tuple[str, str]]:
        for each in patterns:
            if isinstance(each, URLPattern):
                yield before + str(each.pattern), each.name or ""
            else:
                yield from walk(each.url_patterns, before + str(each.pattern))

    yield from walk(get_resolver().url_patterns, "/")


OPERATION = re.compile(r"/api/(?P<slug>[a-z-]+)(/<int:pk>.*)?$")


def test_every_address_declares_its_policy() -> None:
    slugs = {resource.slug for resource in resources()}
    known = {page.url.partition("?")[0] for page in PAGES.values()} | {f"/account/{last}" for last in CLOSED.values()}
    undeclared = []
    for pattern, name in addresses():
        if (found := OPERATION.match(pattern)) and found["slug"] in slugs and (name in API or alone(pattern)):
            continue
        if pattern in known or name in OF_A_THING or name in AREA_PAGES or pattern == "/api/":
            continue
        if pattern.startswith("/<resource:resource>/") and (name in RECORD_PAGES or name in TYPE_PAGES):
            continue
        undeclared.append(f"{pattern} ({name or 'no name'})")
    assert not undeclared, f"These addresses declare no policy; add them to the tables of this test: {undeclared}"


def alone(pattern: str) -> bool:
    """Whether an address of the API is one that only one record type has, and is asked with it."""
    return pattern in {f"/api/{slug}/<int:pk>{last}" for slug, last, _ in AREA_OPERATIONS.values()}


@dataclass
class World:
    """One person of one role over one company, and a record of every type in every place as seen from there."""

    role: Role | None
    person: Any
    client: Client
    company: Any
    records: dict[tuple[str, str], Any]
    other: Any
    """A colleague of the person."""

    def record(self, slug: str, place: str) -> Any:
        """Return the record in this place; where there is none, one whose values may be sent there."""
        return self.records[slug, "own" if place == "missing" else place]

    @staticmethod
    def address(url: str, record: Any, place: str) -> str:
        """Return the address of this record, or where there is none the same of a record that is not there."""
        return url.replace(f"/{record.pk}", f"/{MISSING}", 1) if place == "missing" else url


@dataclass
class Ground:
    """Three units, a person of every role over the company, and the records that are nobody's of them."""

    units: dict[str, Any]
    people: dict[str, Any]
    other: Any
    records: dict[tuple[str, str], Any]


def ground() -> Ground:
    with being(None):
        group = Unit.objects.create(code="grp", name="Group", kind="group")
        company = Unit.objects.create(code="com", name="Company", parent=group)
        sibling = Unit.objects.create(code="sib", name="Sibling", parent=group)
        other = invite(email="other@remit.example", name="Other Person", role="analyst", unit=company)
        people, hashed = {}, make_password(PASSWORD)
        for role in ("", *ROLES):
            audit = engaged(company) if role == "auditor" else None
            people[role] = invite(
                email=f"{role or 'nobody'}@remit.example", name="Some Person", role=role, unit=company, engagement=audit
            )
            people[role].password = hashed
            people[role].save()
    units = {"parent": group, "sibling": sibling, "company": company}
    records = {}
    for resource in resources():
        for place in PLACES[1:]:
            record = record_in(resource.model, units.get(place, company), other)
            if place == "restricted":
                with being(None):
                    resource.model._default_manager.filter(pk=record.pk).update(restricted=True)
            records[resource.slug, place] = record
    return Ground(units, people, other, records)


def world(ground: Ground, role: Role | None) -> World:
    person, company = ground.people[role.name if role else ""], ground.units["company"]
    own = {(resource.slug, "own"): record_in(resource.model, company, person) for resource in resources()}
    client = confirmed(signed_in(person)) if role else Client()
    client.raise_request_exception = False
    client.get("/inbox/")
    return World(role, person, client, company, ground.records | own, ground.other)


def reaches(role: Role, kind: str, place: str) -> bool:
    """Whether the role sees a record of this kind in this place: the whole of the policy of rows."""
    level = role.level(kind)
    owned = level >= Level.OWN or model_of(kind).owner_always
    laid_down = place in {"parent", "colleague"} and model_of(kind).for_units_below and level >= Level.OWN
    return (place == "own" and owned) or (place == "colleague" and level >= Level.VIEW) or laid_down


def model_of(kind: str) -> type[Record]:
    return next(resource.model for resource in resources() if resource.kind == kind)


def on_record(role: Role | None, verb: str, kind: str, place: str) -> str:
    """Return what a person of this role is told: hidden is missing; seen but not theirs to do is forbidden."""
    if role is None:
        return LOGIN
    if not reaches(role, kind, place):
        return NOT_FOUND
    if verb == "view":
        return ALLOWED
    if place == "parent":
        return FORBIDDEN
    if verb == KEEP:
        return ALLOWED if place == "own" or role.may("decide", kind) else FORBIDDEN
    enough = role.level(kind) >= (Level.VIEW if verb == "export" else Level.EDIT) or place == "own"
    return ALLOWED if role.may(verb, kind) and enough else FORBIDDEN


def on_type(role: Role | None, verb: str, kind: str) -> str:
    if role is None:
        return LOGIN
    return ALLOWED if role.may(verb, kind) else FORBIDDEN


everybody = pytest.mark.parametrize(
    "role", [None, *ROLES.values()], ids=lambda role: role.name if role else "nobody", scope="module"
)


shared = pytest.mark.parametrize("share", ["matrix", "rest"], scope="module")
READING = frozenset({"record", "read_record"})
EVERYWHERE = (*PLACES, "missing")
"""The places of records, and where there is none: the key of no record."""
ROUTES = [name for name in (*RECORD_PAGES, *API) if name not in {"list_records", "create_record"}]


def places(role: Role | None, kind: str, name: str, share: str) -> tuple[str, ...]:
    """Return where to ask one address of one type in this share.

    In the whole it is asked everywhere, but of a kind that is wholly out of reach only once (reading it: everywhere).
    """
    turn, route = [resource.kind for resource in resources()].index(kind), ROUTES.index(name)
    if role and (role.level(kind) or name in READING):
        first = EVERYWHERE[(turn + route) % len(EVERYWHERE)]
        return (first,) if share == "matrix" else tuple(place for place in EVERYWHERE if place != first)
    in_matrix = (turn + route) % len(PLACES) == 0
    return (PLACES[turn // len(PLACES) % len(PLACES)],) if in_matrix == (share == "matrix") else ()


@everybody
def test_the_shares_make_up_the_whole(role: Role | None) -> None:
    kinds = [resource.kind for resource in resources()]
    for name in ROUTES:
        matrix, rest = (
            [(kind, place) for kind in kinds for place in places(role, kind, name, share)]
            for share in ("matrix", "rest")
        )
        assert {place for _, place in matrix} >= set(PLACES)
        assert "missing" in {place for _, place in matrix} or role is None or name not in READING
        assert not set(matrix) & set(rest)
        for kind in kinds:
            reached = role and (role.level(kind) or name in READING)
            assert sum(of == kind for of, _ in matrix + rest) == (len(EVERYWHERE) if reached else 1)


def told(response: Any) -> str:
    """Say in one word what was answered."""
    if response.status_code == 401 or (
        response.status_code == 302 and response["Location"].startswith("/account/login/")
    ):
        return LOGIN
    return (
        str(response.status_code) if response.status_code in {403, 404, 405} or response.status_code >= 500 else ALLOWED
    )


def ask(world: World, method: str, url: str, data: Any = None, expected: str = ALLOWED) -> Any:
    """Ask as this person, and leave no trace: neither in the database nor of what a page would tell them next.

    What is expected to be refused leaves none, and so costs no savepoint; if it is not refused, the test has failed.
    """
    world.client.cookies.pop("messages", None)
    with undone() if expected == ALLOWED else nullcontext():
        if url.startswith("/api/"):
            return world.client.generic(method, url, json.dumps(data or {}), content_type="application/json")
        reply: Any = world.client.post(url, data or {}) if method == "POST" else world.client.get(url)
        if reply.streaming:
            reply.streaming_content = [b"".join(reply.streaming_content)]
        return reply


class Answers:
    """What one person is told of records; where there is nothing for them always the same, or it tells."""

    def __init__(self, world: World) -> None:
        self.world = world
        self.wrong: list[str] = []
        self.nothing: dict[bytes, str] = {}
        """By each answer, without the key in it, the address and place that first gave it."""

    def ask(self, method: str, url: str, place: str, expected: str, data: Any = None) -> None:
        reply = ask(self.world, method, url, data, expected)
        if told(reply) != expected:
            self.wrong.append(f"{method} {url} ({place}): expected {expected}, answered {reply.status_code}")
        elif expected == NOT_FOUND:
            key = next(part for part in url.split("/") if part.isdigit())
            self.nothing.setdefault(without(body(reply), int(key)), f"{method} {url} ({place})")

    def hold(self) -> None:
        """Assert that each was as expected, and that all answers of nothing are one."""
        assert not self.wrong, "\n".join(self.wrong)
        assert len(self.nothing) < 2, self.nothing


analyst = pytest.mark.parametrize("role", [ROLES["analyst"]], ids=["analyst"], scope="module")


@pytest.fixture(scope="module", autouse=True)
def bare() -> Iterator[None]:
    """Pages without the frame around them: it does not say who is let in, and a refusal costs half."""
    templates = [{**settings.TEMPLATES[0], "DIRS": [Path(__file__).parent / "security" / "bare"]}]
    with override_settings(TEMPLATES=templates):
        yield


@pytest.fixture(scope="module")
def common(django_db_setup: None, django_db_blocker: Any) -> Iterator[Ground]:
    """What all roles look at, made once."""
    with django_db_blocker.unblock(), undone():
        yield ground()


@pytest.fixture(scope="module")
def kept(role: Role | None, common: Ground, django_db_blocker: Any) -> Iterator[World]:
    """The world of a role, made once for all tests that ask in it."""
    with django_db_blocker.unblock(), undone():
        yield world(common, role)


@pytest.fixture
def w(kept: World, django_db_blocker: Any) -> Iterator[World]:
    """That world for one test, which leaves no trace in it. Tests of this file take it and never `db`."""
    with django_db_blocker.unblock(), undone():
        yield kept


@everybody
@shared
def test_every_page_of_every_record(role: Role | None, share: str, w: World) -> None:
    answers = Answers(w)
    for resource in resources():
        for name, (methods, verb) in RECORD_PAGES.items():
            for method in methods.split():
                for place in places(role, resource.kind, name, share):
                    record = w.record(resource.slug, place)
                    url, asked, data = of_record(w, resource, record, name, verb)
                    url = w.address(url, record, place)
                    expected = on_record(role, asked, resource.kind, place)
                    if name == "edit" and expected == ALLOWED and not resource.fields:
                        expected = NOT_FOUND
                    if name == "take_back" and expected == ALLOWED:
                        expected = NOT_FOUND if own_restriction(resource.model) else ALLOWED
                    if name == "move" and not resource.model.moves():
                        expected = NOT_FOUND if role else LOGIN
                    answers.ask(method, url, place, expected, data)
    answers.hold()


def of_record(w: World, resource: Resource, record: Any, name: str, verb: str) -> tuple[str, str, dict[str, Any]]:
    """Return the address of a record's page, the verb it asks for, and what a person would send there."""
    base = f"/{resource.slug}/{record.pk}/"
    if name == "record":
        return base, verb, {}
    if name == "move":
        move = next((m for m in record.moves().values() if not m.system), None)
        asked = "decide" if move and move.decision else verb
        return (
            f"{base}move/{move.name if move else 'none'}/",
            asked,
            asked_by(resource, move),
        )
    data: dict[str, dict[str, Any]] = {
        "edit": {**form_values(resource, record), "version": record.version},
        "comment": {"text": "said"},
        "attach": {"file": SimpleUploadedFile("a.txt", b"proof")},
        "link": {"other": f"assets:{w.records['assets', 'own'].pk}"},
        "ask": {"title": "Do it", "owner": str(w.other.pk)},
        **{key: {"reason": "because"} for key in ("restrict", "release", "let_know")},
    }
    last = {
        "attach": "evidence/",
        "ask": "work/",
        "unlink": "unlink/1/",
        "let_know": "need-to-know/",
        "nameable": "need-to-know/people/",
        "take_back": "need-to-know/1/take-back/",
    }.get(name, f"{name}/")
    return base + last, verb, data.get(name, {})


@everybody
def test_every_page_that_one_type_has_alone(role: Role | None, w: World) -> None:
    answers = Answers(w)
    kinds = {resource.slug: resource.kind for resource in resources()}
    for slug, last, methods in AREA_PAGES.values():
        for method, verb in methods.items():
            for place in EVERYWHERE:
                record = w.record(slug, place)
                url = w.address(f"/{slug}/{record.pk}/{last}", record, place)
                expected = on_record(role, verb, kinds[slug], place)
                answers.ask(method, url, place, expected)
    answers.hold()


@everybody
def test_every_operation_that_one_type_has_alone(role: Role | None, w: World) -> None:
    answers = Answers(w)
    kinds = {resource.slug: resource.kind for resource in resources()}
    for slug, last, methods in AREA_OPERATIONS.values():
        for method, verb in methods.items():
            for place in EVERYWHERE:
                record = w.record(slug, place)
                url = w.address(f"/api/{slug}/{record.pk}{last}", record, place)
                expected = on_record(role, verb, kinds[slug], place)
                if role is not None and not role.may("view", kinds[slug]):
                    expected = FORBIDDEN
                answers.ask(method, url, place, expected, taken(last, record) if method != "GET" else None)
    answers.hold()


def taken(last: str, record: Any) -> dict[str, Any]:
    """Return what an operation of one type takes, so that its answer is about access and not about the values."""
    scenario = {"frequency": 1, "magnitude": 1_000}
    return {"/scenario": {"version": record.version, "scenario": scenario}}.get(last, {})


@everybody
def test_every_page_of_every_type(role: Role | None, w: World) -> None:
    wrong: list[str] = []
    for resource in resources():
        example = w.records[resource.slug, "own"]
        for name, (methods, verb) in TYPE_PAGES.items():
            for method in methods.split():
                last = {"list": "", "create": "new/", "export": "export.csv"}.get(name, f"{name}/")
                url = f"/{resource.slug}/{last}"
                expected = on_type(role, verb, resource.kind)
                if resolve(url).url_name != name:
                    continue  # an area has a page of its own there, which PAGES names
                if name == "create" and expected == ALLOWED and not (resource.by_hand and resource.fields):
                    expected = NOT_FOUND
                if name == "import" and expected == ALLOWED and not resource.form_fields:
                    expected = FORBIDDEN
                reply = ask(w, method, url, form_values(resource, example) if name == "create" else {})
                if told(reply) != expected:
                    wrong.append(f"{method} {url}: expected {expected}, answered {reply.status_code}")
    assert not wrong, "\n".join(wrong)


@everybody
@shared
def test_every_operation_of_the_api(role: Role | None, share: str, w: World) -> None:
    answers = Answers(w)
    by_slug = {resource.slug: resource for resource in resources()}
    for pattern, name in addresses():
        found = OPERATION.match(pattern)
        if not found or found["slug"] not in by_slug or name not in API:
            continue
        resource, (method, verb) = by_slug[found["slug"]], API[name]
        move = resource.model.moves()[pattern.rpartition("/")[2]] if name == "move_record" else None
        verb = "decide" if move and move.decision else verb
        of_a_type = ("own",) if share == "matrix" else ()
        for place in places(role, resource.kind, name, share) if found[2] else of_a_type:
            record = w.record(resource.slug, place)
            url = pattern.replace("<int:pk>", str(record.pk)).replace("<int:link>", str(MISSING))
            url = w.address(url, record, place)
            expected = on_record(role, verb, resource.kind, place) if found[2] else on_type(role, verb, resource.kind)
            if role is not None and found[2] and not role.may("view", resource.kind):
                expected = FORBIDDEN
            if name == "remove_link" and expected == ALLOWED:
                expected = NOT_FOUND
            answers.ask(method, url, place, expected, sent(name, resource, record, asked_by(resource, move)))
    answers.hold()


def asked_by(resource: Resource, move: Move | None) -> dict[str, str]:
    """Return what a move asks for, so that its answer is about access and not about the values."""
    asked = move.asks if move else ()
    return {n: "2031-05-01" if isinstance(resource.field(n), models.DateField) else "because" for n in asked}


def sent(name: str, resource: Resource, record: Any, asked: dict[str, str]) -> dict[str, Any]:
    """Return what an operation takes, so that its answer is about access and not about the values."""
    if name == "create_record":
        return json_values(resource, record)
    return {
        "change_record": {"version": record.version},
        "add_comment": {"text": "said"},
        "add_link": {"to": record.ref},
        "restrict_record": {"reason": "because"},
        "release_record": {"reason": "because"},
    }.get(name, asked)


@everybody
def test_every_page_of_its_own(role: Role | None, w: World) -> None:
    wrong: list[str] = []
    shut = [Page(f"/account/{last}", nobody, otherwise=NOT_FOUND, open=True) for last in CLOSED.values()]
    for page in (*PAGES.values(), *shut):
        for method in page.methods.split():
            reply = ask(w, method, page.url, page.data)
            if role is None and page.open and page not in shut:
                fits, expected = reply.status_code < 400, "an open door"
            else:
                expected = (
                    LOGIN if role is None and not page.open else ALLOWED if role and page.who(role) else page.otherwise
                )
                fits = told(reply) == expected or (
                    page.url.startswith("/fix-first/action/") and told(reply) == NOT_FOUND
                )
            if not fits:
                wrong.append(f"{method} {page.url}: expected {expected}, answered {reply.status_code}")
    assert not wrong, "\n".join(wrong)


@everybody
def test_things_that_are_no_records_belong_to_somebody(role: Role | None, w: World) -> None:
    """Saved views and jobs are their maker's, evidence is its record's, figures are for who reads figures."""
    with being(None):
        mine, theirs = (SavedView.objects.create(user=who, slug="work", name="Some") for who in (w.person, w.other))
        my_job, their_job = (JobRun.objects.create(user=who, name="x", title="Some") for who in (w.person, w.other))
        hung = {place: attach(w.records["work", place], "a.txt", io.BytesIO(place.encode())) for place in PLACES}
    yes, no = (ALLOWED, NOT_FOUND) if role else (LOGIN, LOGIN)
    for method, url, expected in (
        ("POST", f"/views/{mine.pk}/delete/", yes), ("POST", f"/views/{theirs.pk}/delete/", no),
        ("GET", f"/jobs/{my_job.pk}/", yes), ("GET", f"/jobs/{their_job.pk}/", no),
        ("POST", f"/jobs/{my_job.pk}/cancel/", yes), ("POST", f"/jobs/{their_job.pk}/cancel/", no),
    ):  # fmt: skip
        assert told(ask(w, method, url)) == expected, url
    for place in PLACES:
        expected = on_record(role, "view", "kernel.work", place)
        on_hold = on_record(role, "hold", "kernel.work", place)
        for method, last, wanted in (
            ("GET", "", expected), ("GET", "custody/", expected), ("GET", "custody.txt", expected),
            ("POST", "verify/", expected), ("POST", "hold/", on_hold), ("POST", "lift/", on_hold),
        ):  # fmt: skip
            reply = ask(w, method, f"/evidence/{hung[place].pk}/{last}")
            assert told(reply) == wanted, (place, last)
            if wanted == NOT_FOUND:
                assert without(body(reply), hung[place].pk) == without(
                    body(ask(w, method, f"/evidence/{MISSING}/{last}")), MISSING
                )
    for figure in catalogue():
        counted = role is not None and (
            role.figures or (figure.kinds and all(role.level(kind) for kind in figure.kinds))
        )
        assert told(ask(w, "GET", f"/figures/{figure.name}/")) == (
            LOGIN if role is None else ALLOWED if counted else NOT_FOUND
        ), figure.name
    for url in (f"/access/people/{w.other.pk}/", f"/access/units/{w.company.pk}/"):
        assert told(ask(w, "GET", url)) == (LOGIN if role is None else ALLOWED if role.administers else FORBIDDEN), url
    assert told(ask(w, "POST", f"/access/people/{w.other.pk}/disable/")) == (
        LOGIN if role is None else ALLOWED if role.administers else FORBIDDEN
    )
    assert told(ask(w, "POST", f"/access/people/{w.other.pk}/view-as/")) == (
        LOGIN if role is None else ALLOWED if role.name == "head_of_security" else FORBIDDEN
    )
    assert told(ask(w, "GET", f"/welcome/{welcome_token(w.other)}/")) == ALLOWED


@analyst
def test_a_link_to_a_hidden_record_is_a_missing_link(w: World) -> None:
    own, hidden = w.records["assets", "own"], w.records["assets", "sibling"]
    with being(None):
        tie = RecordLink.objects.create(kind=own.kind(), record_id=own.pk, to_kind=hidden.kind(), to_id=hidden.pk)
        Comment.objects.create(kind=hidden.kind(), record_id=hidden.pk, text="hidden")
    there = ask(w, "DELETE", f"/api/assets/{own.pk}/links/{tie.pk}")
    nowhere = ask(w, "DELETE", f"/api/assets/{own.pk}/links/{MISSING}")
    assert (there.status_code, body(there)) == (nowhere.status_code, body(nowhere)) == (404, body(nowhere))
    ask(w, "POST", f"/assets/{own.pk}/unlink/{tie.pk}/")
    with being(None):
        assert RecordLink.objects.filter(pk=tie.pk).exists()
