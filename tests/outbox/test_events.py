"""Events off the ledger: each once, in spite of transactions that end late, and only what the owner sees."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta

import psycopg
import pytest
from django.db import connection
from django.utils import timezone

from remit.identify.assets.models import Asset
from remit.kernel.access.models import Grant
from remit.kernel.access.services import disable, grant
from remit.kernel.outbox import events
from remit.kernel.outbox.models import Delivery, Position, Webhook
from remit.kernel.work.models import Work
from tests.conftest import Cast, being
from tests.outbox.conftest import told
from tests.security.helpers import record_in

Hook = Callable[..., Webhook]


def work(house: Cast, title: str = "Do it", **values: object) -> Work:
    with being(None):
        return Work.objects.create(title=title, **{"unit": house.company, "owner": house.carol, **values})  # type: ignore[arg-type]


def test_what_happens_is_told_once(house: Cast, hook: Hook) -> None:
    hook()
    task = work(house)
    with being(house.carol):
        mine = Work.objects.get(pk=task.pk)
        mine.detail = "more"
        mine.save()
        mine.move("finish")
    assert events.route()
    assert told() == [("create", task.pk), ("change", task.pk), ("finish", task.pk)]
    assert events.route() == 0
    with being(None):
        first = Delivery.objects.order_by("id")[2]
    assert (first.actor_id, first.kind, first.state) == (house.carol.pk, "kernel.work", "waiting")


def test_only_what_was_asked_for_is_told(house: Cast, hook: Hook) -> None:
    hook(verbs=("finish",))
    hook(kinds=("assets.asset",), verbs=("create",))
    task, asset = work(house), record_in(Asset, house.company)
    with being(house.carol):
        Work.objects.get(pk=task.pk).move("finish")
    events.route()
    assert told() == [("finish", task.pk), ("create", asset.pk)]


def test_only_of_the_unit_and_below(house: Cast, hook: Hook) -> None:
    hook(unit_id=house.company.pk)
    inside, below = work(house), work(house, unit=house.team)
    work(house, unit=house.sibling)
    work(house, unit=house.group)
    events.route()
    assert told() == [("create", inside.pk), ("create", below.pk)]


def test_only_what_the_owner_sees(house: Cast, hook: Hook) -> None:
    """Restricted records, and those of other units, leave no trace, not even in a count."""
    hook()
    work(house, restricted=True)
    seen = work(house)
    events.route()
    assert told() == [("create", seen.pk)]


def test_administrator_of_the_platform_is_told_nothing_of_security(house: Cast, hook: Hook) -> None:
    with being(None):
        grant(user=house.dan, role="administrator", unit=house.sibling)
    hook(house.dan, unit_id=house.sibling.pk, kinds=("assets.asset", "kernel.work"))
    record_in(Asset, house.sibling)
    work(house, unit=house.sibling)
    events.route()
    assert told() == []


@pytest.mark.parametrize("how", ["disabled", "no longer administers"])
def test_owner_who_may_no_longer_ends_it(house: Cast, hook: Hook, how: str) -> None:
    with being(None):
        held = grant(user=house.dan, role="head_of_security", unit=house.company)
    made = hook(house.dan, unit_id=house.company.pk)
    with being(None):
        disable(house.dan) if how == "disabled" else Grant.objects.filter(pk=held.pk).delete()
    work(house)
    events.route()
    assert told() == []
    with being(None):
        made.refresh_from_db()
    assert (made.active, made.stopped) == (False, "Dan Test may no longer have it.")


def test_statement_over_many_records_is_one_message(house: Cast, hook: Hook) -> None:
    hook()
    with being(None):
        rows = [Work(title=f"No {n}", unit=house.company, owner=house.carol) for n in range(150)]
        Work.objects.bulk_create([*rows, *(Work(title="x", unit=house.company, restricted=True) for _ in range(9))])
    events.route()
    with being(None):
        only = Delivery.objects.get()
    assert (only.record_id, only.count, len(only.records)) == (None, 150, 100)


def test_entry_that_becomes_visible_late_is_not_lost(house: Cast, hook: Hook, outbox_uri: str) -> None:
    """A transaction begun first and committed last: nothing after it is told before it, and it is told once."""
    hook()
    with psycopg.connect(outbox_uri) as slow:
        slow.execute("select set_config('remit.system', 'test', false)")
        row = slow.execute(
            """insert into kernel_work (title, type, detail, about_kind, about_move, refuse_move, reason, state,
                                        unit_id, owner_id) values ('Late', 'task', '', '', '', '', '', 'open', %s, %s)
               returning id""",
            (house.company.pk, house.carol.pk),
        ).fetchone()
        quick = work(house, "Quick")
        events.route()
        assert told() == []
        slow.commit()
    events.route()
    assert row is not None
    assert told() == [("create", row[0]), ("create", quick.pk)]


def test_two_readers_tell_everything_once(house: Cast, hook: Hook, outbox_uri: str) -> None:
    hook()
    work(house)
    with psycopg.connect(outbox_uri) as other:
        other.execute("select set_config('remit.system', 'test', false)")
        other.execute("select from outbox_position for update")
        assert events.route() == 0
    assert events.route()
    assert len(told()) == 1


def test_restored_on_a_server_that_counts_anew_it_goes_on_from_there(house: Cast, hook: Hook) -> None:
    hook()
    work(house, "Before")
    with being(None):
        Position.objects.update(txid=2**40)
    events.route()
    assert told() == []
    after = work(house, "After")
    events.route()
    assert told() == [("create", after.pk)]


def test_reader_needs_the_system(house: Cast) -> None:
    for who in (house.alice, house.eve):
        with being(who), connection.cursor() as cursor:
            cursor.execute("select * from remit_outbox_events(0, 0, 0, 10)")
            assert cursor.fetchall() == []
            cursor.execute("select * from remit_outbox_end()")
            assert cursor.fetchall() == []
            assert not Position.objects.exists()


def test_reading_costs_as_much_for_many_records_as_for_one(house: Cast, hook: Hook) -> None:
    from django.test.utils import CaptureQueriesContext

    hook()
    costs = []
    for count in (1, 15):
        with being(None):
            Work.objects.bulk_create([Work(title="x", unit=house.company, owner=house.carol) for _ in range(count)])
        with CaptureQueriesContext(connection) as asked:
            events.route()
        costs.append(len(asked))
    assert costs[0] == costs[1]


def test_who_sees_a_webhook_and_its_deliveries(house: Cast, hook: Hook) -> None:
    made = hook()
    work(house)
    events.route()
    with being(None):
        grant(user=house.dan, role="administrator", unit=house.group)
    for who, hooks, deliveries in ((house.alice, 1, 1), (house.dan, 1, 0), (house.bob, 0, 0), (house.eve, 0, 0)):
        with being(who):
            assert (Webhook.objects.count(), Delivery.objects.count()) == (hooks, deliveries), who
    with being(house.dan):
        Webhook.objects.filter(pk=made.pk).update(active=False)
    with pytest.raises(Exception, match="row-level security"), being(house.dan):
        Webhook.objects.filter(pk=made.pk).update(active=True)
    with being(house.bob):
        assert Webhook.objects.filter(pk=made.pk).update(active=False) == 0
        assert Webhook.objects.filter(pk=made.pk).delete()[0] == 0
    with being(None):
        Grant.objects.filter(user=house.dan, role="administrator").delete()


def test_nothing_of_a_secret_is_on_the_ledger(house: Cast, hook: Hook) -> None:
    made = hook()
    with being(None):
        stored = Webhook.objects.get(pk=made.pk)
    assert "T0KEN" not in stored.url
    assert made.shown not in stored.signing_secret  # type: ignore[attr-defined]
    with being(house.alice), connection.cursor() as cursor:
        cursor.execute(
            """select pg_get_triggerdef(oid) from pg_trigger
               where tgname = 'ledger_insert' and tgrelid = 'outbox_webhook'::regclass"""
        )
        assert "'url', 'signing_secret', 'old_signing_secret'" in cursor.fetchone()[0]
    assert stored.created_at <= timezone.now() + timedelta(seconds=1)
