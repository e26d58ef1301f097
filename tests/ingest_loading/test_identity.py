"""The database recognises assets as the reference rule does."""

from __future__ import annotations

import random
from datetime import UTC, datetime
from typing import Any

import pytest
from django.db import connection

from remit.identify.assets.models import Asset, Identifier
from remit.identify.assets.rules import Identifiers, KnownAsset, identifiers, resolve
from remit.ingest.loading import Counts, Loading, elevated, merge, stage
from remit.ingest.observations import AnyObservation, Report
from remit.ingest.observations import Asset as Observed
from tests.conftest import Cast, being

pytestmark = pytest.mark.django_db
NOW = datetime(2025, 11, 3, tzinfo=UTC)


def some_asset(draw: random.Random, key: str) -> Observed:
    def maybe(*values: str) -> str:
        return draw.choice(values) if draw.random() < 0.4 else ""

    return Observed(
        key=key,
        kind=draw.choice(["host", "host", "cloud_resource", "application"]),
        name=draw.choice(["web", "db", "till"]),
        cloud_id=maybe("i-0a1", "i-0a2"),
        agent_id=maybe("nessus:a1", "nessus:a2", "qualys:a1"),
        serial=maybe("S-100", "S-200", "4c4c4544-0051-3510-8052-b4c04f4a3132"),
        fqdn=maybe("web.corp.example", "db.corp.example"),
        addresses=tuple(sorted({f"10.0.0.{draw.randint(1, 3)}" for _ in range(draw.randint(0, 2))})),
    )


def observed(asset: Observed) -> Identifiers:
    return identifiers(
        asset.kind,
        cloud_id=asset.cloud_id,
        agent_id=asset.agent_id,
        serial=asset.serial,
        fqdn=asset.fqdn,
        addresses=asset.addresses,
        network="com",
    )


class Reference:
    """One asset after another, against all that are known."""

    def __init__(self) -> None:
        self.known: dict[int, KnownAsset] = {}

    def take(self, asset: Observed) -> int:
        said = observed(asset)
        found = resolve(said, self.known.values())
        number = found.asset if found else len(self.known)
        before = self.known.get(number)
        values = said.values | (before.identifiers.values if before else frozenset())
        self.known[number] = KnownAsset(number, Identifiers(before.identifiers.kind if before else said.kind, values))
        return number


def load(cast: Cast, observations: list[AnyObservation]) -> tuple[list[int], Counts]:
    """Load these observations; the keys of the assets they speak of, in order."""
    from remit.ingest.models import Import

    record = Import.objects.create(unit=cast.company, name="test", digest="")
    loading = Loading(
        unit_id=cast.company.pk,
        units=[cast.company.pk],
        root_id=cast.group.pk,
        network="com",
        now=NOW,
        complete=False,
        confirmed=False,
        import_id=record.pk,
    )
    with connection.cursor() as cursor, elevated("test"):
        stage(cursor, [Report(tool="test"), *observations], loading, lambda _: None)
        counts = merge(cursor, loading)
        cursor.execute("select asset_id from staged_asset order by n")
        return [row[0] for row in cursor.fetchall()], counts


@pytest.mark.parametrize("seed", range(8))
def test_as_the_reference(cast: Cast, seed: int) -> None:
    draw = random.Random(seed)
    reference, same = Reference(), {}
    for report in range(3):
        assets = [some_asset(draw, f"{report}.{n}") for n in range(12)]
        assets = [asset for asset in assets if observed(asset).values]
        expected = [reference.take(asset) for asset in assets]
        with being(None):
            answers, _ = load(cast, list(assets))
        for number, answer in zip(expected, answers, strict=True):
            assert same.setdefault(number, answer) == answer
    assert len(set(same.values())) == len(same)


def test_what_has_no_identifier_is_known_by_its_name(cast: Cast) -> None:
    nameless: list[AnyObservation] = [Observed(key="1", kind="repository", name="The shop")]
    with being(None):
        (first,), _ = load(cast, nameless)
        (second,), counts = load(cast, nameless)
    assert first == second
    assert counts["assets_new"] == 0


def test_entered_identifiers_follow_the_form(cast: Cast) -> None:
    def held() -> set[tuple[str, str]]:
        return set(Identifier.objects.filter(asset=asset).values_list("scheme", "value"))

    with being(cast.bob):
        fields: dict[str, Any] = {"fqdn": "Web.Corp.example.", "addresses": ["10.0.0.5", "203.0.113.9"]}
        asset = Asset.objects.create(unit=cast.company, name="Web", **fields)
        assert held() == {("fqdn", "web.corp.example"), ("address", "10.0.0.5@com"), ("address", "203.0.113.9@com")}
        asset.fqdn, asset.addresses, asset.serial = "", ["10.0.0.6"], "ABC-1"
        asset.save()
        assert held() == {("address", "10.0.0.6@com"), ("serial", "abc-1")}
