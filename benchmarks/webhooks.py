"""Events to merchants whose servers fail at random, sleep and close without an answer.

Events and deliveries are written by COPY, as payments would leave them; the real worker claims,
signs, sends and tries again, the waits between tries shrunk. Then the same number goes to steady
endpoints twice: alone, and beside an endpoint that accepts every connection and never answers.
"""

from __future__ import annotations

import http.client
import itertools
import json
import os
import shutil
import sys
import time
import urllib.request
from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Any
from uuid import UUID

import psycopg
import redis

from apps.core.public_ids import encode_id, new_id
from apps.webhooks.signing import signature_headers
from benchmarks.platform import VAR
from benchmarks.result import result, say
from local import ports
from local.processes import PortAccepts, Program
from local.stack import ROOT, Stack

EVENTS = int(os.environ.get("BENCH_EVENTS", "100000"))
# Payments have four events each, most of them.
PER_OBJECT = 4
FLAKY = 8
STEADY = 4
# Of a comparison with and without the dead endpoint, and how often it is made.
SHARE = max(2_000, EVENTS // 20)
ROUNDS = 3
RETRY_SCALE = "0.0005"
QUIET_S_MAX = max(120.0, EVENTS / 200)

MAKE_ENDPOINTS = """
import json
from django.utils import timezone
from apps.merchants.models import Merchant
from apps.webhooks.services.create_endpoint import create_endpoint
now = timezone.now()
made = []
for path in {paths!r}:
    merchant = Merchant.objects.create(
        name=path, country="CM", currency="XAF", timezone="Africa/Douala", created_at=now)
    endpoint, secret = create_endpoint(
        merchant=merchant, livemode=False, url={url!r} + path, now=now)
    made.append([path, str(merchant.pk), str(endpoint.pk), secret])
print(json.dumps(made))
"""


class Endpoint:
    def __init__(self, path: str, merchant_id: str, endpoint_id: str, secret: str) -> None:
        self.path, self.secret = path, secret
        self.merchant_id, self.id = UUID(merchant_id), UUID(endpoint_id)


class Merchants:
    """The worker with its servers, and the merchants' endpoints it sends to."""

    def __init__(self) -> None:
        shutil.rmtree(VAR, ignore_errors=True)
        environ = {"LOG_LEVEL": "WARNING", "WEBHOOK_RETRY_SCALE": RETRY_SCALE}
        self.stack = Stack(
            VAR,
            environ_extra=environ,
            web_port=ports.choose_port(),
            simulator_port=ports.choose_port(),
        )

    def __enter__(self) -> Merchants:
        self.stack.prepare()
        try:
            self.stack.manage("migrate", "--verbosity", "0")
            port = ports.choose_port()
            self._sink = f"http://127.0.0.1:{port}"
            argv = [sys.executable, "-m", "benchmarks.flaky_sink", str(port), "20261122"]
            environment = self.stack.environment
            self.stack.supervisor.start(Program("sink", argv, environment, ROOT, PortAccepts(port)))
            paths = [f"/flaky/{n}" for n in range(FLAKY)]
            paths += [f"/steady/{n}" for n in range(STEADY)]
            code = MAKE_ENDPOINTS.format(paths=[*paths, "/dead/0"], url=self._sink)
            printed = self.stack.manage("shell", "--no-imports", "-c", code)
            made = [Endpoint(*fields) for fields in json.loads(printed.strip().splitlines()[-1])]
            self.flaky, self.steady = made[:FLAKY], made[FLAKY:-1]
            self.dead = made[-1]
            secrets = {endpoint.path: endpoint.secret for endpoint in made}
            self._ask("PUT", json.dumps(secrets).encode())
            self.stack.start("worker", "beat")
        except BaseException:
            self.stack.stop()
            raise
        return self

    def __exit__(self, *_: object) -> None:
        self.stack.stop()

    def tell(self, events: int, endpoints: Sequence[Endpoint]) -> float:
        """Write so many events, spread evenly over the endpoints; returns when they were there."""
        now = datetime.now(UTC)
        told, deliveries = [], []
        turns = itertools.cycle(endpoints)
        for number in range(events):
            sequence = number % PER_OBJECT + 1
            if sequence == 1:
                object_id, endpoint = new_id(), next(turns)
            event_id = new_id()
            body = _body(event_id, object_id, sequence, now)
            told.append(
                (event_id, endpoint.merchant_id, False, "payment.succeeded", object_id, sequence,
                 body, now)
            )  # fmt: skip
            deliveries.append((new_id(), event_id, endpoint.id, "pending", 0, now, "", now))
        with psycopg.connect(self.stack.servers.database_url) as connection:
            with connection.cursor() as cursor:
                _copy(
                    cursor,
                    "webhooks_event (id, merchant_id, livemode, type, object_id, sequence, body,"
                    " created_at)",
                    told,
                )
                _copy(
                    cursor,
                    "webhooks_delivery (id, event_id, endpoint_id, status, tries,"
                    " next_attempt_at, last_error, created_at)",
                    deliveries,
                )
            connection.commit()
            begun = time.time()
        redis.Redis.from_url(self.stack.servers.redis_url).rpush("wake_up:key:webhook.deliver", "1")
        return begun

    def report(self) -> dict[str, Any]:
        report: dict[str, Any] = json.loads(self._ask("GET"))
        return report

    def wait_until_taken(self, expected: int, kind: str) -> float:
        """Until all endpoints of a kind took so many together; returns when the last came."""
        deadline = time.monotonic() + QUIET_S_MAX
        while True:
            report = self.report()
            paths = [path for path in report["taken"] if path.startswith(kind)]
            taken = sum(report["taken"][path] for path in paths)
            if taken >= expected or time.monotonic() > deadline:
                return max((report["last_at"][path] for path in paths), default=0.0)
            time.sleep(0.2)

    def rows(self, sql: str) -> list[tuple[Any, ...]]:
        with psycopg.connect(self.stack.servers.database_url) as connection:
            return connection.execute(sql).fetchall()  # type: ignore[arg-type]

    def bare_posts(self, seconds: float = 2.0) -> float:
        """Posts a second over one line, signed the same way: what the network itself costs."""
        endpoint = self.steady[0]
        body = _body(new_id(), new_id(), 1, datetime.now(UTC)).encode()
        line = http.client.HTTPConnection(self._sink.removeprefix("http://"))
        count, end = 0, time.monotonic() + seconds
        while time.monotonic() < end:
            headers = signature_headers(
                secret=endpoint.secret, webhook_id="evt_bare", body=body, now=datetime.now(UTC)
            )
            line.request("POST", endpoint.path, body, headers)
            line.getresponse().read()
            count += 1
        line.close()
        return count / seconds

    def _ask(self, method: str, body: bytes | None = None) -> bytes:
        request = urllib.request.Request(f"{self._sink}/", data=body, method=method)
        with urllib.request.urlopen(request, timeout=60) as answer:
            return bytes(answer.read())


def run() -> bool:
    with Merchants() as merchants:
        floor = merchants.bare_posts()
        say(f"floor: {floor:.0f} bare signed posts/s over one line")
        before = _steady_taken(merchants)
        # Warm: prepared statements, pools, lines.
        begun = merchants.tell(SHARE, merchants.steady)
        merchants.wait_until_taken(before + SHARE, "/steady/")
        say(f"warm after {time.time() - begun:.1f} s")

        begun = merchants.tell(EVENTS, merchants.flaky)
        took_s = merchants.wait_until_taken(EVENTS, "/flaky/") - begun
        report = merchants.report()
        delivered = sum(
            taken for path, taken in report["taken"].items() if path.startswith("/flaky/")
        )
        say(f"{delivered} of {EVENTS} taken in {took_s:.1f} s; {report}")

        alone_s, beside_s = _compare(merchants)
        ratio = beside_s / alone_s
        say(f"{ROUNDS * SHARE} to steady endpoints: {alone_s:.1f} s alone, {beside_s:.1f} s beside")
        report = merchants.report()
        (given_up,) = merchants.rows(
            "SELECT count(*) FROM webhooks_delivery WHERE status = 'failed'"
        )[0]
        is_good = delivered == EVENTS and not report["gaps"] and not report["bad"] and not given_up
        result(
            "webhooks",
            value=delivered / took_s,
            unit="deliveries/s",
            floor=floor,
            delivered=f"{delivered}/{EVENTS}",
            gaps=report["gaps"],
            verified=f"{report['verified']}/{report['tries']}",
            tries=report["tries"],
            given_up=given_up,
            dead_delay_ratio=f"{ratio:.3f}",
        )
        return is_good


def _compare(merchants: Merchants) -> tuple[float, float]:
    """Seconds until the steady endpoints have theirs: alone, and with as much due to a dead one."""
    alone_s = beside_s = 0.0
    for _ in range(ROUNDS):
        taken = _steady_taken(merchants)
        begun = merchants.tell(SHARE, merchants.steady)
        alone_s += merchants.wait_until_taken(taken + SHARE, "/steady/") - begun
        merchants.tell(SHARE, [merchants.dead])
        taken = _steady_taken(merchants)
        begun = merchants.tell(SHARE, merchants.steady)
        beside_s += merchants.wait_until_taken(taken + SHARE, "/steady/") - begun
        # The next round begins without it.
        merchants.rows(
            "UPDATE webhooks_delivery SET status = 'delivered', next_attempt_at = NULL"
            f" WHERE endpoint_id = '{merchants.dead.id}' RETURNING id"
        )
    return alone_s, beside_s


def _steady_taken(merchants: Merchants) -> int:
    report = merchants.report()
    return sum(taken for path, taken in report["taken"].items() if path.startswith("/steady/"))


def _body(event_id: UUID, object_id: UUID, sequence: int, now: datetime) -> str:
    data = {
        "id": encode_id("pay", object_id),
        "object": "payment",
        "status": "succeeded",
        "amount": 1500,
        "currency": "XAF",
        "fee": 30,
        "payer": {"phone": "+237 67• ••• •12", "country": "CM", "operator": "MTN"},
        "reference": f"order-{object_id.int % 10**9}",
        "metadata": {"basket": "A-1000"},
    }
    event = {
        "id": encode_id("evt", event_id),
        "object": "event",
        "type": "payment.succeeded",
        "created_at": now.isoformat(timespec="milliseconds").replace("+00:00", "Z"),
        "livemode": False,
        "sequence": sequence,
        "data": data,
    }
    return json.dumps(event, ensure_ascii=False)


def _copy(cursor: psycopg.Cursor[Any], columns: str, rows: Sequence[tuple[Any, ...]]) -> None:
    with cursor.copy(f"COPY {columns} FROM STDIN") as copy:
        for row in rows:
            copy.write_row(row)
