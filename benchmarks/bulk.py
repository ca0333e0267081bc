"""A batch of payouts from its approval to the final state of the last one and its webhook.

Value: payouts a second. Beside it, how long a single payout takes from its request to its end
while the batch runs, and alone.
"""

from __future__ import annotations

import json
import os
import time
import urllib.error
import urllib.request
import uuid
from typing import Any

from benchmarks.floor import measure_floor
from benchmarks.money_out import fund
from benchmarks.platform import Platform
from benchmarks.result import percentile, result, say

LINES = int(os.environ.get("BENCH_LINES", "10000"))
WAIT_S_MAX = 900.0
SINGLES_ALONE = 10
FINAL = {"succeeded", "failed"}

APPROVER = """
from django.utils import timezone
from apps.merchants.models import ApiKey, Merchant
from apps.merchants.services.create_api_key import create_api_key
merchant = ApiKey.objects.filter(livemode=False).order_by("id").first().merchant
print(create_api_key(merchant=merchant, livemode=False, kind=ApiKey.Kind.RESTRICTED,
                     scopes=["payouts:approve", "payouts:read"], now=timezone.now())[1])
"""


def run() -> bool:
    # The rail of 100 ms.
    with Platform(approve_after_s=0.1, measure_floor=measure_floor) as platform:
        fund(platform)
        approver = platform.stack.manage("shell", "-v", "0", "-c", APPROVER).strip().split()[-1]
        alone = [_single(platform) for _ in range(SINGLES_ALONE)]
        told = platform.succeeded("payout")
        batch = _submitted(platform)
        begun = time.monotonic()
        _call(platform, f"{batch['id']}/approve", {"digest": batch["digest"]}, key=approver)
        beside: list[float] = []
        while (shown := _call(platform, batch["id"]))["status"] != "completed":
            if time.monotonic() - begun > WAIT_S_MAX:
                say(f"not completed: {shown['progress']}")
                return False
            beside.append(_single(platform))
            say(f"{time.monotonic() - begun:.0f} s: {shown['progress']['ended']} ended")
        took_s = time.monotonic() - begun
        lines = {name: one["count"] for name, one in shown["lines"].items()}
        expected = told + lines["succeeded"] + len(beside)
        was_told = platform.wait_until_quiet(expected, kind="payout")
        told_s = time.monotonic() - begun
        say(f"lines: {lines}; told: {was_told}; books: {platform.books_are_clean()}")
        result(
            "bulk",
            value=LINES / told_s,
            unit="payouts/s",
            floor=platform.floor,
            lines=LINES,
            completed_s=took_s,
            told_s=told_s,
            single_alone_p50_ms=percentile(alone, 0.5),
            single_beside_p50_ms=percentile(beside, 0.5),
            single_beside_p99_ms=percentile(beside, 0.99),
        )
        return was_told and lines["succeeded"] == LINES


def _submitted(platform: Platform) -> dict[str, Any]:
    """A batch that waits for its approval."""
    lines = [
        {"phone": f"6781{number:05}", "amount": 1, "reference": f"wages-{number}"}
        for number in range(LINES)
    ]
    batch_id = _call(platform, "", {"currency": "XAF", "lines": lines})["id"]
    while _call(platform, batch_id)["status"] == "checking":
        time.sleep(0.5)
    return _call(platform, f"{batch_id}/submit", {})


def _single(platform: Platform) -> float:
    """How long one payout takes from its request until it is final, in milliseconds."""
    begun = time.monotonic()
    body = {"amount": 1, "currency": "XAF", "payee": {"phone": "677000003"}}
    payout = _send(platform, "payouts", body)
    while _send(platform, f"payouts/{payout['id']}")["status"] not in FINAL:
        time.sleep(0.02)
    return (time.monotonic() - begun) * 1_000


def _call(platform: Platform, path: str, body: Any = None, *, key: str = "") -> dict[str, Any]:
    return _send(platform, f"payout_batches/{path}".rstrip("/"), body, key=key)


def _send(platform: Platform, path: str, body: Any = None, *, key: str = "") -> dict[str, Any]:
    headers = {**platform.api_headers, "Idempotency-Key": str(uuid.uuid4())}
    if key:
        headers["Authorization"] = f"Bearer {key}"
    request = urllib.request.Request(
        f"{platform.stack.urls.web}/api/v1/{path}",
        data=None if body is None else json.dumps(body).encode(),
        headers=headers,
    )
    try:
        with urllib.request.urlopen(request, timeout=60) as answer:
            found: dict[str, Any] = json.load(answer)
    except urllib.error.HTTPError as refusal:
        raise RuntimeError(f"{path}: {refusal.read().decode()}") from refusal
    return found
