"""Batches of four merchants, each over an account of its own that takes so many orders a minute.

Meanwhile the rail is down for a while and processes are killed. Value: how far the end that is
predicted once a twentieth has ended is off, at the worst of the four, in percent of the whole time.
"""

from __future__ import annotations

import json
import os
import time
import urllib.request
import uuid
from datetime import datetime
from typing import Any

from benchmarks.platform import Platform
from benchmarks.result import result, say

LINES = int(os.environ.get("BENCH_LINES", "100000"))
KILLS = int(os.environ.get("BENCH_KILLS", "20"))
# Orders a minute of the four accounts together, and the share of each.
A_MINUTE = int(os.environ.get("BENCH_A_MINUTE", "2400"))
SHARES = (0.1, 0.2, 0.3, 0.4)
DOWN_S = float(os.environ.get("BENCH_DOWN_S", "10"))
# How much longer than the limits ask for it may take.
PATIENCE = 3.0

MERCHANTS = """
import json
from django.utils import timezone
from apps.merchants import scopes
from apps.merchants.models import ApiKey, Merchant
from apps.merchants.services.create_api_key import create_api_key
from apps.providers.models import ProviderAccount
from apps.providers.registry import CREDENTIALS_CONTEXT, encrypt_credentials
from apps.vault.encryption import decrypt
now, made = timezone.now(), []
shared = ProviderAccount.objects.get(connector="mtn_momo", country="CM", merchant_id=None)
credentials = json.loads(decrypt(shared.credentials_encrypted, context=CREDENTIALS_CONTEXT,
                                 row_id=shared.pk))
for a_minute in LIMITS:
    merchant = Merchant.objects.create(
        name=f"Limited {a_minute}", country="CM", currency="XAF", timezone="Africa/Douala",
        created_at=now)
    own = ProviderAccount.objects.get(pk=shared.pk)
    own.pk, own._state.adding = None, True
    own.pk = ProviderAccount._meta.pk.get_default()
    own.merchant_id, own.label, own.orders_per_minute = merchant.pk, merchant.name, a_minute
    own.credentials_encrypted = encrypt_credentials(own.pk, credentials)
    own.save(force_insert=True)
    keys = [create_api_key(merchant=merchant, livemode=False, kind=ApiKey.Kind.RESTRICTED,
                           scopes=held, now=now)[1]
            for held in ([one for one in scopes.GRANTABLE], ["payouts:approve", "payouts:read"])]
    made.append(keys)
print(json.dumps(made))
"""


def run() -> bool:
    limits = [round(A_MINUTE * share) for share in SHARES]
    counts = [round(LINES * share) for share in SHARES]
    with Platform(approve_after_s=0.1) as platform:
        printed = platform.stack.manage(
            "shell", "-v", "0", "-c", MERCHANTS.replace("LIMITS", repr(limits))
        )
        keys = json.loads(printed.strip().splitlines()[-1])
        batches = [_Batch(platform, *pair, count) for pair, count in zip(keys, counts, strict=True)]
        for batch in batches:
            batch.submit()
        for batch in batches:
            batch.approve()
        killed = _follow(platform, batches, expected_s=LINES * 60 / A_MINUTE)
        for batch in batches:
            say(f"{batch.shown['lines']} off by {batch.error():.1%}")
        say(f"killed {killed} times; books: {platform.books_are_clean()}")
        sent = sum(one["times_executed"] for one in platform.stack.control("books/mtn_momo"))
        paid = sum(batch.shown["lines"]["succeeded"]["count"] for batch in batches)
        # Each merchant's balance came of one payment.
        twice = sent - paid - len(batches)
        result(
            "bulk_limits",
            value=100 * max(batch.error() for batch in batches),
            unit="percent",
            floor=0.0,
            lines=LINES,
            kills=killed,
            forgotten=LINES - paid,
            twice=twice,
            took_s=max(batch.took_s for batch in batches),
            by_limits_s=LINES * 60 / A_MINUTE,
        )
        return paid == LINES and twice == 0


class _Batch:
    """One merchant's, from its list to its end."""

    def __init__(self, platform: Platform, key: str, approver: str, count: int) -> None:
        self._platform, self._key, self._approver, self._count = platform, key, approver, count
        self.shown: dict[str, Any] = {}
        self.begun = self.took_s = 0.0
        self._predicted_s: float | None = None

    def submit(self) -> None:
        body = {"amount": self._count, "currency": "XAF", "payer": {"phone": "677000001"}}
        payment = self._send("payments", body)
        while self._send(f"payments/{payment['id']}")["status"] != "succeeded":
            time.sleep(0.2)
        lines = [
            {"phone": f"678{number:06}", "amount": 1, "reference": f"wages-{number}"}
            for number in range(self._count)
        ]
        self.shown = self._send("payout_batches", {"currency": "XAF", "lines": lines})
        while self._send(self._path)["status"] == "checking":
            time.sleep(0.5)
        self.shown = self._send(f"{self._path}/submit", {})

    def approve(self) -> None:
        digest = {"digest": self.shown["digest"]}
        self.begun = time.time()
        self._send(f"{self._path}/approve", digest, key=self._approver)

    def look(self) -> bool:
        """Whether it has ended."""
        if self.took_s:
            return True
        self.shown = self._send(self._path)
        progress = self.shown["progress"]
        is_begun = progress["ended"] >= max(20, self._count // 20)
        if self._predicted_s is None and is_begun and progress["ends_at"]:
            ends_at = datetime.fromisoformat(progress["ends_at"]).timestamp()
            self._predicted_s = ends_at - self.begun
        if self.shown["status"] != "completed":
            return False
        self.took_s = time.time() - self.begun
        return True

    def error(self) -> float:
        """The share by which the prediction was off."""
        if self._predicted_s is None or not self.took_s:
            return 1.0
        return abs(self._predicted_s - self.took_s) / self.took_s

    @property
    def _path(self) -> str:
        return f"payout_batches/{self.shown['id']}"

    def _send(self, path: str, body: Any = None, *, key: str = "") -> dict[str, Any]:
        request = urllib.request.Request(
            f"{self._platform.stack.urls.web}/api/v1/{path}",
            data=None if body is None else json.dumps(body).encode(),
            headers={
                "Authorization": f"Bearer {key or self._key}",
                "Content-Type": "application/json",
                "Idempotency-Key": str(uuid.uuid4()),
            },
        )
        with urllib.request.urlopen(request, timeout=60) as answer:
            found: dict[str, Any] = json.load(answer)
        return found


def _follow(platform: Platform, batches: list[_Batch], *, expected_s: float) -> int:
    """Until all have ended: the rail is down for a while at a third of the time, and the worker is
    killed again and again. Returns how often it was."""
    begun, killed, is_down, was_down = time.monotonic(), 0, False, False
    while sum(batch.look() for batch in batches) < len(batches):
        elapsed_s = time.monotonic() - begun
        if elapsed_s > expected_s * PATIENCE + 120:
            say(f"given up: {[batch.shown['progress'] for batch in batches]}")
            break
        if DOWN_S and not was_down and elapsed_s > expected_s / 3:
            fault = {"provider": "mtn_momo", "fault": "down", "times": -1, "on": "create"}
            platform.stack.control("faults", {**fault, "operation": "disburse"})
            is_down = was_down = True
        if is_down and elapsed_s > expected_s / 3 + DOWN_S:
            platform.stack.control("faults?provider=mtn_momo", method="DELETE")
            is_down = False
        if killed < KILLS and elapsed_s > (killed + 1) * expected_s / (KILLS + 1):
            platform.stack.kill("worker")
            platform.stack.restart("worker")
            killed += 1
        time.sleep(0.5)
    return killed
