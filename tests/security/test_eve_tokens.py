"""A token confined to a unit and a kind, where its person reaches more: what goes on in its name."""

from __future__ import annotations

import pytest
from django.core.exceptions import PermissionDenied
from django.db import transaction

from remit.identify.assets.models import Asset
from remit.kernel import actor
from remit.kernel.access.standing import standing
from remit.kernel.figures.services import current_all
from remit.kernel.identity import tokens
from remit.kernel.identity.scope import Scope
from remit.kernel.jobs.models import JobRun
from remit.kernel.jobs.running import start
from tests.conftest import Cast, being
from tests.security.helpers import forget_rates, record_in
from tests.security.test_tokens import call


@pytest.fixture(autouse=True)
def fresh_counts() -> None:
    forget_rates()


@pytest.fixture
def confined(cast: Cast) -> str:
    """A token of Alice, who is head of everything, that reads and writes in the sibling company only."""
    with being(cast.alice):
        return tokens.make(cast.alice, name="sibling", writes=True, unit=cast.sibling)[1]


def test_nothing_of_another_unit_by_any_reading_operation(confined: str, cast: Cast) -> None:
    record = record_in(Asset, cast.company, cast.alice, name="quetzal-elsewhere")
    one = f"/api/assets/{record.pk}"
    hung = (f"{one}/history", f"{one}/comments", f"{one}/links")
    paths = ("/api/assets", one, *hung, "/api/fix-first", "/api/figures", "/api/inbox")
    for path in paths:
        assert b"quetzal" not in call(confined, path).content, path
    assert call(confined, one).status_code == 404


def test_names_of_units_outside_are_not_told(confined: str, cast: Cast) -> None:
    told = call(confined).content.decode()
    assert ("Meadow" in told, "Harbour" in told) == (True, False)


def test_figures_are_of_the_unit(confined: str, cast: Cast) -> None:
    for _ in range(3):
        record_in(Asset, cast.company, cast.alice)
    found = {each["figure"]: each["value"] for each in call(confined, "/api/figures").json()["items"]}
    with being(cast.alice):
        whole = {each.figure.name: each.value.value for each in current_all(standing(cast.alice.pk))}
    counted = {name for name in found if "assets" in name}
    assert counted, found
    assert all(found[name] == 0 for name in counted if isinstance(whole[name], int) and whole[name] == 3)


def test_no_job_is_started_by_token(cast: Cast) -> None:
    """A job runs as its person, at their whole reach: a token confined to less would get out by it."""
    scope = Scope(writes=True, kinds=None, units=frozenset({cast.sibling.pk})).setting()
    with actor.acting(cast.alice.pk, scope=scope), transaction.atomic(), pytest.raises(PermissionDenied):
        start("figures.store", user_id=cast.alice.pk)
    with being(None):
        assert not JobRun.objects.filter(user=cast.alice).exists()
