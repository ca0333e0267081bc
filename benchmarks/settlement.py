"""The net statement of a merchant with many payments in a month: every line written, summed,
checked against the balance, and what is owed held, in one transaction.

The value is seconds; the floor is PostgreSQL taking the very lines by COPY, so the ratio says how
many times that it takes. A payment is two lines: its amount, and its fee.
"""

from __future__ import annotations

import json
import os
import time
from datetime import timedelta
from typing import Any

from benchmarks.platform import Platform
from benchmarks.result import result, say

PAYMENTS = int(float(os.environ.get("SETTLEMENT_PAYMENTS", "1e6")))
SECONDS_MAX = 60.0
# Payments of one statement of SQL.
BATCH = 100_000
AMOUNT, FEE = 1_500, 30
FILL = """
INSERT INTO ledger_transfer (id, from_account_id, to_account_id, amount, currency, kind, source_id,
                             attempt_id, created_at)
SELECT gen_random_uuid(), m.giver, m.taker, m.amount, 'XAF', m.kind, md5('payment' || n)::uuid,
       md5('attempt' || n)::uuid,
       %(now)s::timestamptz - interval '30 days' * (1 - n::double precision / %(payments)s::bigint)
  FROM generate_series(%(first)s::bigint, %(last)s::bigint) AS n,
       (VALUES (%(clearing)s::uuid, %(payable)s::uuid, %(amount)s::bigint, 'gross'),
               (%(payable)s::uuid, %(revenue)s::uuid, %(fee)s::bigint, 'fee'))
       AS m (giver, taker, amount, kind)
"""
LINES = "id, settlement_id, number, kind, amount, source_id, moved_at"


def run() -> bool:
    with Platform(approve_after_s=0.05, processes=["simulators"]) as platform:
        printed = platform.stack.manage(
            *("shell", "--no-imports", "--command"),
            f"from benchmarks.settlement import measure; measure({PAYMENTS})",
            timeout_s=36_000,
        )
        measured = json.loads(printed.splitlines()[-1])
    say(f"filled in {measured['filled_s']:.0f} s, {measured['lines']} lines")
    result(
        "settlement",
        value=measured["closed_s"],
        unit="s",
        floor=measured["copied_s"],
        payments=PAYMENTS,
        lines=measured["lines"],
        cpu_s=measured["cpu_s"],
    )
    return (
        measured["lines"] == 2 * PAYMENTS
        and measured["amount"] == PAYMENTS * (AMOUNT - FEE)
        # In proportion, where there are fewer.
        and measured["closed_s"] <= max(1.0, SECONDS_MAX * PAYMENTS / 1e6)
    )


def measure(payments: int) -> None:
    """Prints one line of JSON. In the platform's environment."""
    from django.utils import timezone

    from apps.merchants.models import Merchant
    from apps.settlement.models import SettlementCycle
    from apps.settlement.services.close_period import close_period

    merchant = Merchant.objects.get(country="CM")
    now = timezone.now()
    _agree(merchant, now=now)
    begun = time.perf_counter()
    _fill(merchant, payments, now=now)
    filled = time.perf_counter()
    worked = time.process_time()
    cycle = SettlementCycle.objects.get(merchant=merchant, livemode=False)
    settlement = close_period(cycle_id=cycle.pk, now=timezone.now())
    closed = time.perf_counter()
    if settlement is None:
        raise RuntimeError("nothing was closed")
    print(
        json.dumps(
            {
                "filled_s": filled - begun,
                "closed_s": closed - filled,
                "cpu_s": time.process_time() - worked,
                "lines": settlement.line_count,
                "amount": settlement.amount,
                "copied_s": _copy(settlement.pk),
            }
        )
    )


def _agree(merchant: Any, *, now: Any) -> None:
    from apps.settlement.rules.payee import Payee
    from apps.settlement.rules.terms_digest import terms_digest
    from apps.settlement.services.activate_terms import activate_terms
    from apps.settlement.services.draft_terms import TermsOrder, draft_terms

    # A minute ago: they hold by now.
    agreed_at = now - timedelta(minutes=1)
    order = TermsOrder(
        currency="XAF",
        cadence="daily",
        hour=6,
        amount_min=1,
        paid_by="bank_file",
        payee=Payee(name="Boutique Awa", account="CM2110003001000500000605306", bic="ABCDCMCX"),
    )
    terms = draft_terms(
        merchant=merchant, livemode=False, order=order, created_by="user:1", now=agreed_at
    )
    activate_terms(
        {"terms_id": str(terms.pk), "digest": terms_digest(terms)},
        requested_by="user:1",
        approved_by="user:2",
        reason="bench",
        now=agreed_at,
    )


def _fill(merchant: Any, payments: int, *, now: Any) -> None:
    from django.db import connection

    from apps.ledger.models import AccountKind
    from apps.ledger.services.find_account import find_account
    from apps.providers.models import ProviderAccount

    usual = {"currency": "XAF", "livemode": False}
    rail = ProviderAccount.objects.order_by("pk")[0]
    accounts = {
        "clearing": find_account(kind=AccountKind.PROVIDER_CLEARING, owner_id=rail.pk, **usual),
        "payable": find_account(kind=AccountKind.MERCHANT_PAYABLE, owner_id=merchant.pk, **usual),
        "revenue": find_account(kind=AccountKind.FEE_REVENUE, owner_id=None, **usual),
    }
    for first in range(1, payments + 1, BATCH):
        last = min(first + BATCH - 1, payments)
        values = {"first": first, "last": last, "payments": payments, "now": now}
        with connection.cursor() as cursor:
            cursor.execute(FILL, {**values, **accounts, "amount": AMOUNT, "fee": FEE})


def _copy(settlement_id: Any) -> float:
    """Seconds that PostgreSQL takes for the same lines, of another statement."""
    from django.db import connection, transaction

    with connection.cursor() as cursor:
        rows: list[bytes] = []
        with cursor.copy(
            "COPY (SELECT gen_random_uuid(), gen_random_uuid(), number, kind, amount, source_id,"
            f" moved_at FROM settlement_settlementline WHERE settlement_id = '{settlement_id}'"
            " ORDER BY number) TO STDOUT"
        ) as out:
            rows.extend(bytes(block) for block in out)
        begun = time.perf_counter()
        with (
            transaction.atomic(),
            cursor.copy(f"COPY settlement_settlementline ({LINES}) FROM STDIN") as copy,
        ):
            for block in rows:
                copy.write(block)
        return time.perf_counter() - begun
