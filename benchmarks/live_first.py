"""How much a replay of 100,000 delays what happens now at the same endpoint: the ratio of its p99.

Events come to one endpoint at a steady rate, twice: while nothing else is sent to it, and while
100,000 events of its past are replayed to it; once to a server that answers at once, once to one
that takes half a second. Measured: from the event committed to its webhook received. The worse
ratio counts.
"""

from __future__ import annotations

import json
import os
import shutil
import sys
import time
import urllib.request
from datetime import UTC, datetime, timedelta
from pathlib import Path
from uuid import UUID

import psycopg
import redis

from apps.core.public_ids import encode_id, new_id
from benchmarks.platform import VAR
from benchmarks.result import percentile, result, say
from local import ports
from local.processes import PortAccepts, Program
from local.stack import ROOT, Stack

REPLAYED = int(os.environ.get("BENCH_REPLAYED", "100000"))
HOLD_S = float(os.environ.get("BENCH_HOLD_S", "60"))
# Seconds the server takes, and events a second: what happens now is well within what it can take.
SERVERS = {"quick": (0.0, 20.0), "slow": (0.5, 5.0)}
LIVE, PAST = "payment.succeeded", "payment.failed"

MAKE_ENDPOINT = """
import json
from django.utils import timezone
from apps.merchants.models import Merchant
from apps.webhooks.services.create_endpoint import create_endpoint
now = timezone.now()
merchant = Merchant.objects.create(
    name="Replays", country="CM", currency="XAF", timezone="Africa/Douala", created_at=now)
endpoint, secret = create_endpoint(merchant=merchant, livemode=False, url="{url}", now=now)
print(json.dumps([str(merchant.pk), str(endpoint.pk), secret]))
"""

REPLAY = """
from datetime import timedelta
from django.utils import timezone
from apps.webhooks.models import Endpoint
from apps.webhooks.services.replay_range import replay_range
print(replay_range(
    endpoint=Endpoint.objects.get(pk="{endpoint}"), types=["{type}"], after=None,
    created_after=timezone.now() - timedelta(days=2), created_before=None,
    actor="system", now=timezone.now()))
"""

WRITE_PAST = """
WITH events AS (
    INSERT INTO webhooks_event
           (id, merchant_id, livemode, type, object_id, sequence, body, created_at)
    SELECT id, %(merchant)s, false, %(type)s, id, 1, %(body)s, %(at)s
      FROM unnest(%(ids)s::uuid[]) AS id RETURNING id)
INSERT INTO webhooks_delivery
       (id, event_id, endpoint_id, status, tries, delivered_at, last_status_code, last_error,
        created_at)
SELECT id, id, %(endpoint)s, 'delivered', 1, %(at)s, 204, '', %(at)s FROM events
"""

TELL = """
WITH event AS (
    INSERT INTO webhooks_event
           (id, merchant_id, livemode, type, object_id, sequence, body, created_at)
    VALUES (%(id)s, %(merchant)s, false, %(type)s, %(id)s, 1, %(body)s, now()) RETURNING id)
INSERT INTO webhooks_delivery
       (id, event_id, endpoint_id, status, tries, next_attempt_at, last_error, created_at)
SELECT id, id, %(endpoint)s, 'pending', 0, now(), '', now() FROM event
"""

LEFT = "SELECT count(*) FROM webhooks_delivery WHERE status = 'pending' AND is_backlog"


def run() -> bool:
    ratios: dict[str, float] = {}
    measured: dict[str, float] = {}
    for name, (answer_s, rate) in SERVERS.items():
        shutil.rmtree(VAR, ignore_errors=True)
        stack = Stack(
            VAR,
            environ_extra={"LOG_LEVEL": "WARNING"},
            web_port=ports.choose_port(),
            simulator_port=ports.choose_port(),
        )
        stack.prepare()
        try:
            alone, beside, replayed = _Endpoint(stack, answer_s).compare(rate)
        finally:
            stack.stop()
        usual, late = percentile(alone, 0.99), percentile(beside, 0.99)
        say(
            f"{name}: {len(alone)} events alone p50 {percentile(alone, 0.5):.0f} p99 {usual:.0f},"
            f" {len(beside)} beside p50 {percentile(beside, 0.5):.0f} p99 {late:.0f} ms,"
            f" {replayed} replayed meanwhile"
        )
        if not replayed or len(beside) < len(alone):
            say("the replay did not go on, or not every event arrived")
            return False
        ratios[name] = late / usual
        measured |= {f"{name}_p99_ms": late, f"{name}_replayed": replayed}
    result(
        "live_first",
        value=max(ratios.values()),
        unit="ratio",
        floor=1.0,
        replayed=REPLAYED,
        held_s=HOLD_S,
        **{name: f"{ratio:.3f}" for name, ratio in ratios.items()},
        **measured,
    )
    return True


class _Endpoint:
    """A merchant's endpoint, the worker that sends to it, and the server behind it."""

    def __init__(self, stack: Stack, answer_s: float) -> None:
        self._stack = stack
        self._received = VAR / "webhooks.txt"
        stack.manage("migrate", "--verbosity", "0")
        port = ports.choose_port()
        url = f"http://127.0.0.1:{port}/"
        argv = [sys.executable, "-m", "benchmarks.webhook_sink", str(port), str(self._received)]
        argv.append(str(answer_s))
        stack.supervisor.start(Program("sink", argv, stack.environment, ROOT, PortAccepts(port)))
        made = stack.manage("shell", "--no-imports", "-c", MAKE_ENDPOINT.format(url=url))
        self._merchant, self._id, secret = json.loads(made.strip().splitlines()[-1])
        request = urllib.request.Request(url, data=json.dumps([secret]).encode(), method="PUT")
        urllib.request.urlopen(request, timeout=5).close()
        self._write_past()
        stack.start("worker", "beat")

    def compare(self, rate: float) -> tuple[list[float], list[float], int]:
        """Milliseconds to each live event alone and beside the replay, and how many of that were
        sent meanwhile."""
        # Warm: it has earned all the slots it may have.
        self._send(rate, 10.0)
        alone = self._send(rate, HOLD_S)
        code = REPLAY.format(endpoint=self._id, type=PAST)
        self._stack.manage("shell", "--no-imports", "-c", code)
        # Until all of it is promised: what is sent already is counted at the other end.
        while self._left() + len(self._read_received(PAST)) < REPLAYED:
            time.sleep(0.5)
        begun = len(self._read_received(PAST))
        beside = self._send(rate, HOLD_S)
        return alone, beside, len(self._read_received(PAST)) - begun

    def _left(self) -> int:
        with psycopg.connect(self._stack.servers.database_url) as connection:
            row = connection.execute(LEFT).fetchone()
        return int(row[0]) if row else 0

    def _send(self, rate: float, duration_s: float) -> list[float]:
        """Events at this rate; returns how many milliseconds each took."""
        sent: dict[str, float] = {}
        client = redis.Redis.from_url(self._stack.servers.redis_url)
        begun = time.monotonic()
        with psycopg.connect(self._stack.servers.database_url, autocommit=True) as connection:
            for number in range(int(rate * duration_s)):
                time.sleep(max(0.0, begun + number / rate - time.monotonic()))
                event_id = new_id()
                connection.execute(TELL, self._values(LIVE, event_id))
                sent[encode_id("pay", event_id)] = time.time()
                client.rpush("wake_up:key:webhook.deliver", "1")
        # The last are still under way.
        time.sleep(5)
        received = dict(self._read_received(LIVE))
        return [(received[id] - at) * 1000 for id, at in sent.items() if id in received]

    def _read_received(self, wanted: str) -> list[tuple[str, float]]:
        lines = [line.split() for line in Path(self._received).read_text().splitlines()]
        return [(id, float(at)) for at, type, id, _ in reversed(lines) if type == wanted]

    def _values(self, type: str, event_id: UUID) -> dict[str, object]:
        data = {"id": encode_id("pay", event_id), "object": "payment", "amount": 1500}
        body = {"id": encode_id("evt", event_id), "type": type, "sequence": 1, "data": data}
        return {
            "id": event_id,
            "merchant": self._merchant,
            "endpoint": self._id,
            "type": type,
            "body": json.dumps(body),
        }

    def _write_past(self) -> None:
        at = datetime.now(UTC) - timedelta(hours=1)
        url = self._stack.servers.database_url
        with psycopg.connect(url, autocommit=True) as connection:
            for begin in range(0, REPLAYED, 10_000):
                ids = [new_id() for _ in range(min(10_000, REPLAYED - begin))]
                connection.execute(WRITE_PAST, {**self._values(PAST, ids[0]), "ids": ids, "at": at})
            connection.execute("ANALYZE webhooks_event, webhooks_delivery")
