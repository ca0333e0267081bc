"""What a million tickets cost: the agents' queue, searches and a ticket's page, and the API's list
and one ticket, each asked one after another.

The value is the worst p95. The tickets are copies of one, made by SQL, two of a hundred not done,
spread over 30 days; each has a message and three steps of history. A copy's texts do not open, for
they are encrypted under the row they were written in: the page says so, at the price of opening
them.
"""

from __future__ import annotations

import json
import os
import random
import time
from collections.abc import Sequence
from uuid import UUID

import psycopg
import requests

from apps.core.public_ids import encode_id
from benchmarks.growth import copy_statement, settle
from benchmarks.platform import Platform
from benchmarks.result import percentile, result, say

ROWS = int(float(os.environ.get("BENCH_TICKETS", "1e6")))
ASKED = int(os.environ.get("BENCH_ASKED", "200"))
WARM = 20
BATCH = 100_000
SPAN_MS = 30 * 86_400_000
FLOOR_MS = 50.0

# An id as UUIDv7 has it, of the n-th copy.
MAKE_ID = """
CREATE FUNCTION bench_id(n bigint, tag text) RETURNS uuid LANGUAGE sql IMMUTABLE AS $$
SELECT (lpad(to_hex(%d + n * %d / %d), 12, '0') || '7' || substr(h, 1, 3)
        || '8' || substr(h, 4, 15))::uuid
  FROM (SELECT md5(tag || n) AS h) AS made
$$
"""
TICKET = {
    "id": "bench_id(n, 'ticket')",
    "number": "1000000 + n",
    "status": "CASE WHEN mod(n, 50) = 0 THEN 'open' ELSE 'closed' END",
    "unanswered_since": "CASE WHEN mod(n, 50) = 0 THEN now() END",
    "contact_index": "sha256(n::text::bytea)",
    # One in ten thousand is of a rare kind.
    "category": "CASE WHEN mod(n, 10000) = 7 THEN 'wrong_number' ELSE t.category END",
    "priority": "(ARRAY['low', 'normal', 'high', 'critical'])[1 + mod(n / 50, 4)]",
}
MESSAGE = {"id": "bench_id(n, 'message')", "ticket_id": "bench_id(n, 'ticket')"}
STEPS = [
    {
        "id": f"bench_id(n, 'step {number}')",
        "ticket_id": "bench_id(n, 'ticket')",
        "number": str(number),
        "message_id": "NULL",
    }
    for number in (1, 2, 3)
]
SIGN_IN = """
from django.conf import settings
from django.contrib.auth import get_user_model
from django.test import Client
client = Client()
client.force_login(get_user_model().objects.get(username="admin"))
print(client.cookies[settings.SESSION_COOKIE_NAME].value)
print(settings.SESSION_COOKIE_NAME)
"""


def run() -> bool:
    with Platform(approve_after_s=0.05, processes=["web"]) as platform:
        web = platform.stack.urls.web
        api = requests.Session()
        api.headers.update(platform.api_headers)
        _open_one(api, web)
        begun = time.monotonic()
        with psycopg.connect(platform.stack.servers.owner_url, autocommit=True) as connection:
            _fill(connection)
        settle(platform)
        say(f"{ROWS} tickets after {time.monotonic() - begun:.0f} s")
        value, name = platform.stack.manage("shell", "--no-imports", "--command", SIGN_IN).split()[
            -2:
        ]
        desk = requests.Session()
        desk.cookies.set(name, value)
        with psycopg.connect(platform.stack.servers.owner_url) as connection:
            ids = _sample(connection)
        took = {
            name: _ask(session, [f"{web}{path}" for path in paths])
            for name, (session, paths) in _plans(api, desk, ids).items()
        }
    for name, times in took.items():
        say(f"{name:10} p50 {percentile(times, 0.5):.1f} ms, p95 {percentile(times, 0.95):.1f} ms")
    worst = max(percentile(times, 0.95) for times in took.values())
    result("tickets", value=worst, unit="ms_p95", floor=FLOOR_MS, rows=ROWS)
    return worst <= FLOOR_MS


def _open_one(api: requests.Session, web: str) -> None:
    answer = api.post(
        f"{web}/api/v1/tickets",
        data=json.dumps({"subject": "Debited", "body": "The customer was debited."}),
        headers={"Idempotency-Key": "bench-ticket", "Content-Type": "application/json"},
        timeout=10,
    )
    answer.raise_for_status()


def _fill(connection: psycopg.Connection) -> None:
    connection.execute(MAKE_ID % (int(time.time() * 1000) - SPAN_MS, SPAN_MS, ROWS))
    tables = [
        ("support_tickets_ticket", TICKET),
        ("support_tickets_ticketmessage", MESSAGE),
        *(("support_tickets_ticketevent", step) for step in STEPS),
    ]
    for start in range(0, ROWS, BATCH):
        numbers = (start, min(start + BATCH, ROWS) - 1)
        for table, changes in tables:
            connection.execute(copy_statement(connection, table, changes), numbers)
    connection.execute(f"VACUUM ANALYZE {', '.join(sorted({table for table, _ in tables}))}")


def _sample(connection: psycopg.Connection) -> list[tuple[int, UUID]]:
    """Number and id of tickets from all over the table."""
    numbers = [random.randrange(ROWS) for _ in range(ASKED + WARM)]
    return connection.execute(
        "SELECT number, id FROM support_tickets_ticket WHERE number = ANY(%s)",
        [[1_000_000 + number for number in numbers]],
    ).fetchall()


def _plans(
    api: requests.Session, desk: requests.Session, ids: Sequence[tuple[int, UUID]]
) -> dict[str, tuple[requests.Session, list[str]]]:
    admin = "/admin/support_tickets/ticket/"
    queries = ["", "?queue=unassigned", "?queue=unanswered", "?priority__exact=critical", "?p=2"]
    done = ["?queue=all", "?status__exact=closed", "?queue=all&category__exact=other"]
    rare = [
        "?category__exact=wrong_number",
        "?queue=all&category__exact=wrong_number",
        "?status__exact=resolved",
        "?queue=all&requester_kind__exact=staff",
        "?queue=all&priority__exact=critical&category__exact=wrong_number",
    ]
    return {
        "queue": (desk, [f"{admin}{query}" for query in queries]),
        "done": (desk, [f"{admin}{query}" for query in done]),
        "rare": (desk, [f"{admin}{query}" for query in rare]),
        "search": (
            desk,
            [f"{admin}?q=T-{number}" for number, _ in ids]
            + [f"{admin}?q={number}@shop.example" for number, _ in ids],
        ),
        "page": (desk, [f"{admin}{row_id}/change/" for _, row_id in ids]),
        "api list": (
            api,
            [f"/api/v1/tickets?starting_after={encode_id('tic', row_id)}" for _, row_id in ids]
            + ["/api/v1/tickets?status=open,new"],
        ),
        "api dates": (
            api,
            [
                "/api/v1/tickets?created_after=2100-01-01",
                "/api/v1/tickets?created_before=2000-01-01",
                "/api/v1/tickets?created_before=2000-01-01&status=open,closed",
            ],
        ),
        "api get": (api, [f"/api/v1/tickets/{encode_id('tic', row_id)}" for _, row_id in ids]),
    }


def _ask(session: requests.Session, addresses: list[str]) -> list[float]:
    """How long each answer took, in milliseconds, once it is warm."""
    took = []
    for number in range(ASKED + WARM):
        address = random.choice(addresses)
        begun = time.monotonic()
        answer = session.get(address, timeout=30, allow_redirects=False)
        if answer.status_code != 200:
            raise RuntimeError(f"{address}: {answer.status_code}")
        if number >= WARM:
            took.append((time.monotonic() - begun) * 1000)
    return took
