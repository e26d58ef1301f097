"""A worker killed while it sends webhooks and mails: all arrive, none more than twice, and then under the same key."""

from __future__ import annotations

import random
import time
from collections import Counter
from http.server import BaseHTTPRequestHandler
from pathlib import Path

import pytest

from remit.kernel import postgres
from tests.faults.killing import SEED, Doer, Tally, doers, share
from tests.outbox.receivers import Receiver, receiving
from tests.outbox.test_mail import Box, Serving

pytestmark = pytest.mark.skipif(
    bool(postgres.external_uri("app")), reason="makes databases of its own, which only the embedded server allows"
)
MESSAGES = 8
SLOW = 0.02
"""Seconds that the receiver takes over a message, so that many kills fall between two messages or into one."""
WAITING = (
    "select 1 from outbox_delivery where state = 'waiting' union all select 1 from outbox_mail where state = 'waiting'"
)


def slowly(handler: BaseHTTPRequestHandler) -> None:
    time.sleep(SLOW)
    handler.send_response(204)
    handler.end_headers()


def arrived(receiver: Receiver, box: Box) -> Counter[str]:
    """How often each message and each mail arrived, by its key."""
    return Counter(got.headers["webhook-id"] for got in receiver.got) + Counter(
        str(each["Message-ID"]) for each in box.mails
    )


def keys(doer: Doer) -> set[str]:
    sent = doer.rows("select 'msg_' || replace(key::text, '-', '') from outbox_delivery where state = 'sent'")
    return {key for (key,) in sent + doer.rows("select message_id from outbox_mail where state = 'sent'")}


def at_once(doer: Doer) -> None:
    """Let the pauses be over after which what was claimed by a killed worker is sent again."""
    doer.rows("update outbox_delivery set next_try_at = now() where state = 'waiting' returning 1")
    doer.rows("update outbox_lane set resting_until = null returning 1")
    doer.rows("update outbox_mail set next_try_at = now() where state = 'waiting' returning 1")
    doer.long_ago()


def test_messages_of_killed_workers_arrive_once_or_twice_under_one_key(tmp_path: Path) -> None:
    chance, tally, asked = random.Random(SEED + 3), Tally("deliveries", share(0.15)), 0
    box = Box()
    serving = Serving(box)
    serving.start()
    try:
        with receiving(answer=slowly) as receiver, doers(
            tmp_path, "delivering", REMIT_OUTBOUND_HOSTS="localhost",
            REMIT_SMTP_URL=f"smtp://127.0.0.1:{serving.port}?tls=none",
        ) as (doer,):  # fmt: skip
            doer.do("subscribe", receiver.url)
            doer.do("ask", "first", str(MESSAGES))
            lasts = doer.worked_until(lambda: not doer.rows(WAITING))
            asked += MESSAGES
            while tally.hits.total() < tally.total:
                name = f"round-{tally.hits.total()}"
                doer.do("ask", name, str(MESSAGES))
                asked += MESSAGES
                before = arrived(receiver, box).total()
                doer.killed(chance.uniform(0.3 * lasts, lasts * 1.1), "work")
                came = arrived(receiver, box).total() - before
                tally.hit("before the first" if not came else "among them" if came < 2 * MESSAGES else "after the last")
                at_once(doer)
                doer.do("deliver")
                assert doer.rows(WAITING) == []
                found = arrived(receiver, box)
                assert found.keys() == keys(doer)
                assert len(found) == 2 * asked, "something is lost, or was asked for twice"
                twice = [key for key, times in found.items() if times > 1]
                assert max(found.values()) <= 2
                assert len(twice) <= 2 * tally.hits.total(), "a kill repeats one message and one mail at most"
            doer.whole()
            print(f"{len(found)} messages, {len(twice)} of them came twice")
    finally:
        serving.stop()
    tally.end()
