"""Sending: signed, once, tried again with longer and longer pauses, and never in another's way."""

from __future__ import annotations

import base64
import hmac
import json
import os
import subprocess
import sys
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from http.server import BaseHTTPRequestHandler

import pytest
from django.db import connections
from django.utils import timezone

from remit.kernel.access.services import disable, invite
from remit.kernel.access.standing import standing
from remit.kernel.outbox import delivering, events, jobs, rules, webhooks
from remit.kernel.outbox.models import Delivery, Lane, Webhook
from remit.kernel.outbox.webhooks import Said, WebhookRefusedError
from remit.kernel.work.models import Work
from tests.conftest import Cast, being
from tests.outbox.receivers import Receiver, receiving
from tests.outbox.test_events import work

Hook = Callable[..., Webhook]
NOW = datetime(2026, 11, 2, 12, tzinfo=UTC)


@pytest.fixture(autouse=True)
def allowed(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("REMIT_OUTBOUND_HOSTS", "localhost")


def state_of(delivery_id: int | None = None) -> Delivery:
    with being(None):
        return Delivery.objects.get(**({"pk": delivery_id} if delivery_id else {}))


def fast_forward() -> None:
    """Let the pauses be over."""
    with being(None):
        Lane.objects.update(resting_until=None)
        Delivery.objects.filter(state="waiting").update(next_try_at=timezone.now())


def verified(got: object, secret: str) -> bool:
    headers, body = got.headers, got.body  # type: ignore[attr-defined]
    signed = f"{headers['webhook-id']}.{headers['webhook-timestamp']}.".encode() + body
    right = hmac.digest(base64.b64decode(secret.removeprefix("whsec_")), signed, "sha256")
    return f"v1,{base64.b64encode(right).decode()}" in headers["webhook-signature"].split(" ")


def test_message_is_what_receivers_expect(house: Cast, hook: Hook) -> None:
    with receiving() as receiver:
        made = hook(url=receiver.url)
        task = work(house, "Rotate the keys")
        events.route()
        assert delivering.deliver(made.pk) == 1
    got = receiver.got[0]
    assert verified(got, made.shown)  # type: ignore[attr-defined]
    assert got.headers["content-type"] == "application/json"
    assert abs(int(got.headers["webhook-timestamp"]) - time.time()) < 10
    body = json.loads(got.body)
    assert body["type"] == "work.create"
    assert datetime.fromisoformat(body["timestamp"]).tzinfo is not None
    said = body["data"]
    assert (said["kind"], said["id"], said["ref"], said["title"]) == (
        "kernel.work",
        task.pk,
        task.ref,
        "Rotate the keys",
    )
    assert (said["verb"], said["actor"]) == ("create", None)
    assert said["url"] == f"http://localhost:8321/work/{task.pk}/"
    assert (state_of().state, state_of().status, state_of().tries) == ("sent", 200, 1)


def test_known_signature() -> None:
    """The example of the Standard Webhooks specification's libraries."""
    said = rules.signature(
        ["whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"],
        "msg_p5jXN8AQM9LWM0D4loKWxJek",
        datetime.fromtimestamp(1614265330, UTC),
        b'{"test": 2432232314}',
    )
    assert said == "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE="


def test_failure_is_tried_again_under_the_same_id(house: Cast, hook: Hook) -> None:
    with receiving(status=503) as receiver:
        made = hook(url=receiver.url)
        work(house)
        events.route()
        before = timezone.now()
        delivering.deliver(made.pk)
        first = state_of()
        assert (first.state, first.tries, first.status, first.error) == (
            "waiting",
            1,
            503,
            "The receiver answered 503.",
        )
        assert timedelta(seconds=9) < first.next_try_at - before < timedelta(seconds=14)
        assert delivering.deliver(made.pk) == 0
        with being(None):
            assert made.pk not in delivering.due(timezone.now())
        receiver.status = 204
        fast_forward()
        assert delivering.deliver(made.pk) == 1
    assert state_of().state == "sent"
    assert len({got.headers["webhook-id"] for got in receiver.got}) == 1
    assert len({got.body for got in receiver.got}) == 1


def test_redirect_is_a_failure_and_not_followed(house: Cast, hook: Hook) -> None:
    with receiving(status=302) as receiver:
        made = hook(url=receiver.url)
        work(house)
        events.route()
        delivering.deliver(made.pk)
    assert (state_of().state, state_of().status, len(receiver.got)) == ("waiting", 302, 1)


def test_what_the_owner_sees_no_longer_is_not_sent(house: Cast, hook: Hook) -> None:
    with receiving() as receiver:
        made = hook(url=receiver.url)
        task, after = work(house, "Secret plan"), work(house, "Plain")
        events.route()
        with being(None):
            Work.objects.filter(pk=task.pk).update(restricted=True)
        delivering.deliver(made.pk)
    assert [json.loads(got.body)["data"]["id"] for got in receiver.got] == [after.pk]
    with being(None):
        assert Delivery.objects.get(record_id=task.pk).state == "cancelled"


def test_disabled_owner_stops_what_waits(house: Cast, hook: Hook) -> None:
    with receiving() as receiver:
        made = hook(url=receiver.url)
        work(house)
        events.route()
        with being(None):
            invite(email="next@remit.example", name="Next Head", role="head_of_security", unit=house.group)
            disable(house.alice)
        assert delivering.deliver(made.pk) == 0
        with being(None):
            made.refresh_from_db()
        assert (made.active, receiver.got) == (False, [])


def test_given_up_after_three_days_and_told(house: Cast, hook: Hook) -> None:
    with receiving(status=500) as receiver:
        made = hook(url=receiver.url)
        work(house)
        work(house)
        events.route()
        with being(None):
            Delivery.objects.update(asked_at=timezone.now() - timedelta(days=3))
        for _ in range(2):
            fast_forward()
            delivering.deliver(made.pk)
    with being(None):
        assert set(Delivery.objects.values_list("state", flat=True)) == {"failed"}
        told = Work.objects.get(owner=house.alice)
    assert told.title == "Webhook does not arrive: Chat"
    assert "localhost" in told.detail


@pytest.mark.parametrize(
    ("status", "failures", "why"),
    [(500, 19, "It failed 20 times in a row."), (410, 0, "Its receiver says it is gone.")],
)
def test_stopped_when_it_is_of_no_use(house: Cast, hook: Hook, status: int, failures: int, why: str) -> None:
    with receiving(status=status) as receiver:
        made = hook(url=receiver.url)
        work(house)
        events.route()
        with being(None):
            Lane.objects.update(failures=failures)
        delivering.deliver(made.pk)
        with being(None):
            made.refresh_from_db()
            assert (made.active, made.stopped) == (False, why)
            assert Work.objects.filter(owner=house.alice, title="Webhook stopped: Chat").exists()
        receiver.status = 200
        with being(house.alice):
            webhooks.start(standing(house.alice.pk), Webhook.objects.get(pk=made.pk))
        fast_forward()
        delivering.deliver(made.pk)
    assert state_of().state == "sent"


def test_two_signatures_for_a_day_after_a_new_secret(house: Cast, hook: Hook) -> None:
    with receiving() as receiver:
        made = hook(url=receiver.url)
        with being(house.alice):
            new = webhooks.rotate(standing(house.alice.pk), Webhook.objects.get(pk=made.pk), timezone.now())
        for _ in range(2):
            with being(house.alice):
                webhooks.test(standing(house.alice.pk), Webhook.objects.get(pk=made.pk), timezone.now())
            delivering.deliver(made.pk)
            with being(None):
                Webhook.objects.update(old_until=timezone.now())
    old = made.shown  # type: ignore[attr-defined]
    assert [(verified(got, new), verified(got, old)) for got in receiver.got] == [(True, True), (True, False)]
    assert json.loads(receiver.got[0].body)["type"] == "remit.test"


def test_sent_again_on_request_under_the_same_id(house: Cast, hook: Hook) -> None:
    with receiving() as receiver:
        made = hook(url=receiver.url)
        work(house)
        events.route()
        delivering.deliver(made.pk)
        with being(house.alice):
            webhooks.redeliver(standing(house.alice.pk), Delivery.objects.get(), timezone.now())
        delivering.deliver(made.pk)
    assert len(receiver.got) == 2
    assert len({got.headers["webhook-id"] for got in receiver.got}) == 1


def test_only_the_owner_changes_tests_and_starts(house: Cast, hook: Hook) -> None:
    made = hook()
    with being(None):
        held = standing(house.dan.pk)
        for deed in (
            lambda: webhooks.change(
                held, made, Said("x", "https://evil.example/", house.group.pk, ("kernel.work",), ("create",))
            ),
            lambda: webhooks.rotate(held, made, NOW),
            lambda: webhooks.test(held, made, NOW),
            lambda: webhooks.start(held, made),
        ):
            with pytest.raises(WebhookRefusedError, match="belongs to Alice"):
                deed()


@pytest.mark.parametrize(
    ("said", "why"),
    [
        ({"unit_id": 0}, "unit that you administer"),
        ({"kinds": ()}, "at least one"),
        ({"kinds": ("auth.user",)}, "that are offered"),
        ({"verbs": ("delete",)}, "that are offered"),
        ({"url": "http://example.com/"}, "https"),
        ({"url": "https://10.0.0.1/"}, "private address"),
        ({"url": "https://169.254.169.254/"}, "link-local"),
        ({"url": ""}, "which address"),
    ],
)
def test_refused_webhooks(house: Cast, hook: Hook, said: dict[str, object], why: str) -> None:
    with pytest.raises(WebhookRefusedError, match=why):
        hook(**said)


def test_slow_receiver_does_not_hold_up_others(house: Cast, hook: Hook, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(delivering, "SECONDS", 1.0)
    monkeypatch.setattr(delivering, "TURN", 5.0)

    def stall(handler: BaseHTTPRequestHandler) -> None:
        time.sleep(3)

    def done(webhook_id: int) -> float:
        began = time.monotonic()
        try:
            delivering.deliver(webhook_id)
            return time.monotonic() - began
        finally:
            connections.close_all()

    with receiving(answer=stall) as slow, receiving() as quick:
        stalled, fine = hook(url=slow.url), hook(url=quick.url)
        for _ in range(10):
            work(house)
        events.route()
        with ThreadPoolExecutor(2) as both:
            took = list(both.map(done, (stalled.pk, fine.pk)))
    assert len(quick.got) == 10
    assert took[1] < 1.0
    assert took[0] < 2.5, "after one time-out the slow one rests"
    assert len(slow.got) == 1


KILLED = """
import sys
import django
django.setup()
from remit.kernel.outbox import delivering
def settle(*_):
    print("sent", flush=True)
    sys.stdin.read()
delivering.settle = settle
delivering.deliver(int(sys.argv[1]))
"""


def test_killed_between_sending_and_marking_it_is_sent_again_as_the_same(
    house: Cast, hook: Hook, outbox_uri: str
) -> None:
    with receiving() as receiver:
        made = hook(url=receiver.url)
        work(house)
        events.route()
        environment = {**os.environ, "REMIT_DATABASE_URI": outbox_uri, "DJANGO_SETTINGS_MODULE": "remit.settings"}
        command = [sys.executable, "-W", "ignore", "-c", KILLED, str(made.pk)]
        with subprocess.Popen(
            command, env=environment, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
        ) as worker:
            assert worker.stdout is not None
            assert worker.stdout.readline() == "sent\n"
            worker.kill()
        assert state_of().state == "waiting"
        assert delivering.deliver(made.pk) == 0, "it is not sent again at once, for the killed one might live"
        fast_forward()
        delivering.deliver(made.pk)
    assert state_of().state == "sent"
    assert [got.headers["webhook-id"] for got in receiver.got] == [f"msg_{state_of().key.hex}"] * 2


def test_tick_reads_and_lets_send(house: Cast, hook: Hook) -> None:
    with receiving() as receiver:
        made = hook(url=receiver.url)
        work(house)
        jobs.tick()
        jobs.tick()
        from django.db import connection

        with connection.cursor() as cursor:
            cursor.execute("select args, queue_name, lock from procrastinate_jobs where task_name = 'remit.deliver'")
            rows = cursor.fetchall()
            cursor.execute("delete from procrastinate_jobs where task_name = 'remit.deliver'")
        assert [(json.loads(a) if isinstance(a, str) else a, q, lock) for a, q, lock in rows] == [
            ({"webhook_id": made.pk}, "errands", f"webhook {made.pk}")
        ]
        jobs.deliver(made.pk)
    assert len(receiver.got) == 1


def test_worker_delivers(house: Cast, hook: Hook, outbox_uri: str) -> None:
    """The whole way, with a worker's process: what happens here is told there within seconds."""
    with receiving() as receiver:
        hook(url=receiver.url)
        environment = {**os.environ, "REMIT_DATABASE_URI": outbox_uri, "DJANGO_SETTINGS_MODULE": "remit.settings"}
        script = "import django; django.setup(); from remit.kernel.jobs.running import run_worker; run_worker(1)"
        with subprocess.Popen([sys.executable, "-W", "ignore", "-c", script], env=environment) as worker:
            try:
                work(house)
                await_(receiver, 30)
            finally:
                worker.terminate()
                assert worker.wait(20) == 0
    assert json.loads(receiver.got[0].body)["type"] == "work.create"
    assert state_of().state == "sent"


def await_(receiver: Receiver, seconds: float) -> None:
    until = time.monotonic() + seconds
    while not receiver.got and time.monotonic() < until:
        time.sleep(0.1)
    time.sleep(0.5)
    assert receiver.got


@pytest.mark.parametrize(("tries", "least"), [(1, 10), (2, 30), (3, 90), (6, 2430), (9, 43_200), (500, 43_200)])
def test_pauses_grow_to_half_a_day(tries: int, least: float) -> None:
    waits = {rules.wait(tries, f"key {n}").total_seconds() for n in range(50)}
    assert len(waits) == 50
    assert least <= min(waits)
    assert max(waits) <= least * 1.2
    assert rules.wait(tries, "key 1") == rules.wait(tries, "key 1")


def test_what_ended_long_ago_is_forgotten(house: Cast, hook: Hook) -> None:
    made = hook()
    with being(None):
        for days in (29, 31):
            ended = timezone.now() - timedelta(days=days)
            Delivery.objects.create(webhook=made, kind="x", verb="x", at=NOW, state="sent", ended_at=ended)
        assert jobs.forget_before(timezone.now() - jobs.KEPT) == 1
