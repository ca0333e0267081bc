from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime
from uuid import UUID

from django.db import connection

from apps.core.money import Money
from apps.fees.models import FeeOperation
from apps.fees.rules.choose_line import Charged
from apps.fees.selectors.fee_plans import current_lines
from apps.fees.selectors.promise_fee import PromisedFee, promise_fee
from apps.payout_batches.models import LineStatus, PayoutBatch, PayoutBatchLine
from apps.payout_batches.selectors.line_candidates import line_candidates
from apps.payouts.rules.payee import PAYOUT_METHOD

# Lines of one statement.
PAGE = 5_000
PROMISE = """
UPDATE payout_batches_payoutbatchline l
   SET fee = p.fee, fee_tax = p.fee_tax, fee_line_id = p.fee_line_id
  FROM unnest(%s::bigint[], %s::bigint[], %s::bigint[], %s::uuid[])
       AS p (number, fee, fee_tax, fee_line_id)
 WHERE l.batch_id = %s AND l.number = p.number
"""
# What a fee depends on: country, operator, amount.
Kind = tuple[str, str, int]


def promise_fees(batch: PayoutBatch, *, now: datetime) -> bool:
    """Write on each line that is ready what it is charged by the merchant's plan as it holds at
    `now`, if it is charged. Whether any is; no query where the plan has no price of payouts.

    The batch is locked, and a draft: none of its lines has a fee yet.

    Raises:
        FeeNotConvertible: the amounts of the plan cannot be said in the currency of the batch.
    """
    lines = current_lines(batch.merchant_id, now=now)
    prices = [line for line in lines if line.operation == FeeOperation.DISBURSE]
    if not prices:
        return False
    # Which provider would send it matters to few plans.
    names_provider = any(line.provider for line in prices)
    known: dict[Kind, PromisedFee] = {}
    is_charged = False
    for page in _pages(batch):
        charged: list[tuple[int, int, int, UUID | None]] = []
        for number, country, operator, amount in page:
            key = (country, operator, amount)
            promised = known.get(key)
            if promised is None:
                provider = _provider(batch, key) if names_provider else ""
                known[key] = promised = _promise(batch, key, provider, now=now)
            if promised.fee.total:
                fee = promised.fee
                charged.append((number, fee.amount, fee.tax, promised.line_id))
        if charged:
            is_charged = True
            with connection.cursor() as cursor:
                columns = [list(column) for column in zip(*charged, strict=True)]
                cursor.execute(PROMISE, [*columns, batch.pk])
    return is_charged


def _pages(batch: PayoutBatch) -> Iterator[list[tuple[int, str, str, int]]]:
    ready = PayoutBatchLine.objects.filter(batch=batch, status=LineStatus.READY)
    values = ready.order_by("number").values_list("number", "country", "operator", "amount")
    after = -1
    while page := list(values.filter(number__gt=after)[:PAGE]):
        yield page  # type: ignore[misc]  # a line that is ready has an amount
        after = page[-1][0]


def _promise(batch: PayoutBatch, kind: Kind, provider: str, *, now: datetime) -> PromisedFee:
    country, operator, amount = kind
    charged = Charged(
        operation=FeeOperation.DISBURSE,
        money=Money(amount, batch.currency),
        provider=provider,
        operator=operator,
        method=PAYOUT_METHOD,
        country=country,
    )
    return promise_fee(batch.merchant_id, charged, now=now)


def _provider(batch: PayoutBatch, kind: Kind) -> str:
    """Who would send it first as things are, or once it is open again; "" where nobody would."""
    country, operator, amount = kind
    candidates = line_candidates(batch, country=country, operator=operator, amount=amount)
    for reason in ("", "closed by staff"):
        for candidate in candidates:
            if candidate.reason == reason:
                return candidate.account.connector
    return ""
