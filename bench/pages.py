"""Pages, API and answers over a large organisation, as people of different reach ask for them.

python -m bench.pages                1,000,000 findings on 100,000 assets
python -m bench.pages --short        50,000 on 5,000
python -m bench.pages --only lists   also: details, api, answers; --match TEXT narrows further
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Callable, Iterator
from typing import Any

from bench import house, seed
from bench.timing import HEAD, Measured, line, measure

LIST, DETAIL, API, SEARCH = 100.0, 100.0, 60.0, 150.0
"""What is promised, in ms."""
QUERIES = 12
"""What a list may ask, whatever its rows."""
PEOPLE = ("head", "company", "small", "owner")
Case = tuple[str, str, str, float | None]
"""(group, person, address, promise)."""


def main(arguments: list[str] | None = None) -> int:
    options = _options(arguments)
    size = seed.SHORT if options.short else seed.FULL
    with house.opened(house.data_folder(size.name)) as server:
        if seed.seeded(server, size):
            print(f"Made {size.findings:,} findings on {size.assets:,} assets.", file=sys.stderr)
        print(HEAD)
        missed = 0
        for result in run(options.only, options.match, options.times):
            print(line(result), flush=True)
            missed += not result.kept
    return 1 if missed else 0


def _options(arguments: list[str] | None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="bench.pages", description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("--short", action="store_true", help="a twentieth of the size")
    parser.add_argument("--only", choices=("lists", "details", "api", "answers"))
    parser.add_argument("--match", default="", help="only cases whose name holds this")
    parser.add_argument("--times", type=int, default=7)
    return parser.parse_args(arguments)


def run(only: str | None, match: str = "", times: int = 7) -> Iterator[Measured]:
    """Measure every case that was asked for."""
    clients = {name: signed_in(name) for name in PEOPLE}
    for group, person, address, promise in cases():
        name = f"{person} {address}"
        if only in {None, group} and match in name:
            fetch = fetcher(clients[person], address)
            budget = QUERIES if group == "lists" else None
            yield measure(name, fetch, times=times if promise else min(times, 3), promise=promise, budget=budget)


def signed_in(name: str) -> Any:
    """A browser of this person, past every question of a first sign-in."""
    from django.db import transaction
    from django.test import Client

    from remit.kernel import actor
    from remit.kernel.access.models import User

    with actor.system("bench"), transaction.atomic():
        person = User.objects.get(email=f"{name}@remit.example")
        client = Client(SERVER_NAME="localhost")
        with actor.acting(person.pk):
            client.force_login(person, backend="allauth.account.auth_backends.AuthenticationBackend")
        session = client.session
        session["factor"] = "not needed"
        session.save()
    return client


def fetcher(client: Any, address: str) -> Callable[[], int]:
    """Return a function that asks for a page and counts its rows."""

    def fetch() -> int:
        address_, _, unit = address.partition(" in unit ")
        if unit:
            client.post("/unit/", {"unit": unit})
        reply = client.get(address_)
        if reply.status_code != 200:
            raise SystemExit(f"{address}: {reply.status_code} {reply.get('Location', '')}")
        body = b"".join(reply.streaming_content) if reply.streaming else reply.content
        return body.count(b"<tr data-href") or body.count(b'"ref"')

    return fetch


def cases() -> Iterator[Case]:
    """Everything that is measured, with what is promised of it."""
    from django.db import transaction

    from remit.kernel import actor

    with actor.system("bench"), transaction.atomic():
        keys = landmarks()
    yield from lists(keys)
    yield from details(keys)
    yield from api(keys)
    yield from answers()


def landmarks() -> dict[str, int]:
    """The records that the cases are about."""
    from django.db.models import Count, Min

    from remit.identify.assets.models import Asset
    from remit.identify.vulnerabilities.models import Occurrence
    from remit.kernel.access.models import Unit

    first = Asset.objects.aggregate(n=Min("pk"))["n"]
    near = Occurrence.objects.values("weakness").annotate(n=Count("pk")).order_by("-n").first()
    return {
        "asset": first,
        "noted": first + 1,
        "weakness": near["weakness"] if near else 0,
        "finding": Occurrence.objects.filter(asset=first).order_by("pk").values_list("pk", flat=True)[0],
        "company": Unit.objects.get(code="company-0").pk,
        "unit": Unit.objects.get(code="company-3").pk,
    }


def lists(keys: dict[str, int]) -> Iterator[Case]:
    from remit.kernel.resources import resource

    last = {"head": 2000, "company": 2000, "small": 15, "owner": 15}
    for person in PEOPLE:
        for query in (
            "", f"?page={last[person]}", "?state=open&level=3", "?state=open&level=2&level=3",
            "?severity=4&state=verified", "?source=qualys", "?due_on_max=2020-01-01",
            "?q=openssl", "?q=web-ams-000040", "?q=openssl+overflow", "?q=nosuchword",
            f"?weakness={keys['weakness']}", f"?asset={keys['asset']}", f"?unit={keys['company']}",
        ):  # fmt: skip
            yield "lists", person, f"/findings/{query}", LIST
    for person in PEOPLE:
        for name in resource("findings").sort_fields():
            yield "lists", person, f"/findings/?sort={name}", LIST
            yield "lists", person, f"/findings/?sort=-{name}", LIST
    for person in ("head", "company", "owner"):
        for query in ("", "?q=openssl", "?q=web-ams", "?exposure=internet&criticality=5", "?page=100"):
            yield "lists", person, f"/assets/{query}", LIST
        for name in resource("assets").sort_fields():
            yield "lists", person, f"/assets/?sort={name}", LIST
        for query in ("", "?q=openssl", "?sort=-cvss_score", "?sort=title", "?severity=4"):
            yield "lists", person, f"/weaknesses/{query}", LIST


def details(keys: dict[str, int]) -> Iterator[Case]:
    for person in ("head", "company"):
        for address in (
            f"/findings/{keys['finding']}/",
            f"/assets/{keys['asset']}/",
            f"/weaknesses/{keys['weakness']}/",
        ):
            if person == "head" or "weaknesses" in address:
                yield "details", person, address, DETAIL
    yield "details", "head", f"/assets/{keys['noted']}/", DETAIL
    yield "details", "head", f"/assets/{keys['noted']}/history/", DETAIL


def api(keys: dict[str, int]) -> Iterator[Case]:
    for person in PEOPLE:
        for query in ("", "&state=open&level=3", "&q=openssl", "&offset=10000"):
            yield "api", person, f"/api/findings?limit=100{query}", API
    yield "api", "head", "/api/assets?limit=100", API


def answers() -> Iterator[Case]:
    for person in PEOPLE:
        yield "answers", person, "/", None
        yield "answers", person, "/fix-first/", None
        yield "answers", person, "/inbox/", LIST
        yield "answers", person, "/search/?q=openssl", SEARCH
        yield "answers", person, "/search/?q=web-ams-000040", SEARCH
        yield "answers", person, "/palette/?q=open", SEARCH
        yield "answers", person, "/lookup/assets/?q=web", SEARCH
        yield "answers", person, "/lookup/?q=curl", SEARCH
    yield "answers", "head", "/figures/", None
    yield "answers", "company", "/figures/", None


if __name__ == "__main__":
    sys.exit(main())
