"""Programs and the people behind them: what a program does is its owner's, and so is what it may."""

from __future__ import annotations

from typing import Any

import pytest

from remit.identify.vulnerabilities.models import Acceptance, Occurrence
from remit.kernel.access import managing
from remit.kernel.access.managing import AccessRefusedError
from remit.kernel.access.services import invite
from remit.kernel.access.standing import standing
from remit.kernel.identity import services, tokens
from remit.kernel.lifecycle import MoveRefusedError
from tests.conftest import Cast, being, example
from tests.security.helpers import record_in
from tests.security.test_tokens import call


@pytest.fixture
def admin(cast: Cast) -> Any:
    """A platform administrator of the whole organisation, who sees no security data."""
    with being(None):
        return invite(email="ada@remit.example", name="Ada", role="administrator", unit=cast.group)


def test_a_program_is_no_way_to_the_data_for_who_manages_its_owner(cast: Cast, admin: Any) -> None:
    """A sign-in link to the owner of an analysing program opens what the program sees, by a token one makes."""
    with being(None):
        services.add("Scan", purpose="Hands scans in", owner=cast.eve, role="analyst", unit=cast.company)
    with being(admin):
        held = standing(admin.pk)
        assert "program" in managing.account_refusal(held, cast.eve)
        for deed in (managing.new_link, managing.disable, managing.enable):
            with pytest.raises(AccessRefusedError, match="program"):
                deed(held, cast.eve)
    with being(cast.alice):
        assert managing.new_link(standing(cast.alice.pk), cast.eve).startswith("/welcome/")


def test_a_program_does_not_ask_for_what_its_owner_grants(cast: Cast) -> None:
    """Four eyes: a program's deeds are its owner's."""
    with being(None):
        program = services.add("Asker", purpose="Asks", owner=cast.alice, role="analyst", unit=cast.company)
        second = invite(email="hanna@remit.example", name="Hanna", role="head_of_security", unit=cast.group)
    made = record_in(Acceptance, cast.company)
    with being(None):
        values = example(Acceptance, weakness=made.weakness, asset=made.asset, unit=cast.company)
    record_in(Occurrence, cast.company, weakness=made.weakness)
    with being(program.user):
        asked = Acceptance.objects.create(**values)
    with being(cast.alice), pytest.raises(MoveRefusedError, match="four eyes"):
        Acceptance.objects.get(pk=asked.pk).move("grant")
    with being(cast.alice):
        token = tokens.make(cast.alice, name="grants", writes=True)[1]
    assert call(token, f"/api/acceptances/{asked.pk}/moves/grant", "post", {}).status_code == 409
    with being(second):
        Acceptance.objects.get(pk=asked.pk).move("grant")
