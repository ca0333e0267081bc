"""How much a provider and a merchant that hang delay the others: the worst ratio of p99.

Payments go to two providers at one rate, twice: while all is well, and while one provider answers
nothing for 20 seconds and the 16 endpoints of another merchant accept every connection and never
say a word. Measured of the other provider's payments: from the order created to its answer applied,
and from its event to the merchant's webhook received.
"""

from __future__ import annotations

import json
import os
import socket
import threading
import time
from datetime import UTC, datetime

import psycopg

from apps.core.public_ids import encode_id
from benchmarks.platform import Platform
from benchmarks.result import percentile, result, say

RATE = float(os.environ.get("BENCH_RATE", "100"))
HOLD_S = float(os.environ.get("BENCH_HOLD_S", "60"))
# One that hangs, one that is well.
HANGS, OTHER = "mtn_momo", "orange_webpay"
PHONES = {HANGS: "67700", OTHER: "69900"}
ENDPOINTS = 16

MAKE_ENDPOINTS = """
from django.utils import timezone
from apps.merchants.models import Merchant
from apps.webhooks.services.create_endpoint import create_endpoint
now = timezone.now()
merchant = Merchant.objects.create(
    name="Hangs", country="CM", currency="XAF", timezone="Africa/Douala", created_at=now)
for n in range({count}):
    create_endpoint(merchant=merchant, livemode=False, url="{url}" + str(n), now=now)
print(merchant.pk)
"""

TELL = """
WITH event AS (
    INSERT INTO webhooks_event
           (id, merchant_id, livemode, type, object_id, sequence, body, created_at)
    SELECT gen_random_uuid(), %(merchant)s, false, 'payment.failed', gen_random_uuid(), 1, '{}',
           now() FROM generate_series(1, 8)
    RETURNING id)
INSERT INTO webhooks_delivery
       (id, event_id, endpoint_id, status, tries, next_attempt_at, last_error, created_at)
SELECT gen_random_uuid(), event.id, e.id, 'pending', 0, now(), '', now()
  FROM event CROSS JOIN webhooks_endpoint e WHERE e.merchant_id = %(merchant)s
"""

ORDERS = """
SELECT extract(epoch FROM min(c.created_at) - a.created_at)::float8 * 1000
  FROM payments_attempt a
  JOIN providers_provideraccount p ON p.id = a.provider_account_id AND p.connector = %(other)s
  LEFT JOIN payments_statuschange c
    ON c.payment_id = a.payment_id AND c.attempt_id = a.id
   AND c.to_status NOT IN ('created', 'submitted')
 WHERE a.created_at BETWEEN %(since)s AND %(until)s GROUP BY a.id, a.created_at
"""

EVENTS = """
SELECT e.type, e.object_id, extract(epoch FROM e.created_at)::float8
  FROM webhooks_event e
  JOIN payments_payment p ON p.id = e.object_id AND p.provider = %(other)s
 WHERE e.type <> 'payment.created' AND e.created_at BETWEEN %(since)s AND %(until)s
"""


class Deaf:
    """A server that accepts every connection and never answers."""

    def __init__(self) -> None:
        self._socket = socket.create_server(("127.0.0.1", 0), backlog=1024)
        self.url = f"http://127.0.0.1:{self._socket.getsockname()[1]}/"
        self._held: list[socket.socket] = []
        threading.Thread(target=self._accept, daemon=True).start()

    def _accept(self) -> None:
        while True:
            self._held.append(self._socket.accept()[0])


def run() -> bool:
    with Platform(approve_after_s=3600) as platform:
        deaf = Deaf()
        code = MAKE_ENDPOINTS.format(count=ENDPOINTS, url=deaf.url)
        printed = platform.stack.manage("shell", "--no-imports", "-c", code)
        merchant_id = printed.strip().splitlines()[-1]
        alone = _measure(platform)
        say(f"all well: {_words(alone)}")
        for on in ("create", "query", "token"):
            _arm(platform, on)
        over = threading.Event()
        thread = threading.Thread(target=_tell, args=(platform, merchant_id, over))
        thread.start()
        try:
            beside = _measure(platform)
        finally:
            over.set()
            thread.join()
        say(f"{HANGS} and {ENDPOINTS} endpoints hang: {_words(beside)}")
        if not alone[0] or len(beside[0]) < 0.95 * len(alone[0]):
            say("not every order of the other provider was answered")
            return False
        orders, webhooks = (
            percentile(after, 0.99) / percentile(before, 0.99)
            for before, after in zip(alone, beside, strict=True)
        )
        result(
            "isolation",
            value=max(orders, webhooks),
            unit="ratio",
            floor=1.0,
            rate=RATE,
            held_s=HOLD_S,
            orders=f"{orders:.3f}",
            webhooks=f"{webhooks:.3f}",
            order_p99_ms=percentile(beside[0], 0.99),
            webhook_p99_ms=percentile(beside[1], 0.99),
            answered=len(beside[0]),
        )
        return True


def _measure(platform: Platform) -> tuple[list[float], list[float]]:
    """What the other provider's orders and webhooks took, in milliseconds."""
    # Warm: every topic is being worked on, and trouble has begun.
    _send(platform, 5.0)
    begun = datetime.now(UTC)
    _send(platform, HOLD_S)
    within = {"since": begun, "until": datetime.now(UTC), "other": OTHER}
    # The last are still under way.
    time.sleep(3)
    received = platform.webhook_times()
    with psycopg.connect(platform.stack.environment["DATABASE_URL"]) as connection:
        orders = [row[0] for row in connection.execute(ORDERS, within) if row[0] is not None]
        events = connection.execute(EVENTS, within).fetchall()
    webhooks = [
        (received[type, encode_id("pay", payment_id)] - created) * 1000
        for type, payment_id, created in events
        if (type, encode_id("pay", payment_id)) in received
    ]
    return orders, webhooks


def _send(platform: Platform, duration_s: float) -> None:
    payloads = [
        json.dumps(
            {
                "amount": 1500 + number,
                "currency": "XAF",
                "payer": {"phone": f"{phone}{number:04}"},
                "reference": "order-@",
            }
        )
        for number in range(0, 1000, 7)
        for phone in PHONES.values()
    ]
    load = platform.send(
        {
            "url": f"{platform.stack.urls.web}/api/v1/payments",
            "headers": platform.api_headers,
            "duration_s": duration_s,
            "rate": RATE,
            "payloads": payloads,
            "keyed": True,
        }
    )
    say(f"{RATE:.0f}/s for {duration_s:.0f} s: {platform.answers(load)['statuses']}")


def _arm(platform: Platform, on: str) -> None:
    fault = {"provider": HANGS, "fault": "slow", "value": 20, "times": -1, "on": on}
    platform.stack.control("faults", fault)


def _tell(platform: Platform, merchant_id: str, over: threading.Event) -> None:
    """Eight events to each endpoint that hangs, again and again."""
    url = platform.stack.environment["DATABASE_URL"]
    with psycopg.connect(url, autocommit=True) as connection:
        while not over.wait(2):
            connection.execute(TELL, {"merchant": merchant_id})


def _words(measured: tuple[list[float], list[float]]) -> str:
    orders, webhooks = measured
    return (
        f"{len(orders)} orders p50 {percentile(orders, 0.5):.0f} p99 {percentile(orders, 0.99):.0f}"
        f" ms, {len(webhooks)} webhooks p50 {percentile(webhooks, 0.5):.0f}"
        f" p99 {percentile(webhooks, 0.99):.0f} ms"
    )
