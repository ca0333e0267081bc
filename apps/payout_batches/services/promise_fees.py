from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime

from django.db import connection

from apps.core.postgresql.long_statements import long_statements
from apps.payout_batches.models import PayoutBatch
from apps.payout_batches.selectors.line_prices import PRICED_AS, LinePrices

# Lines of one statement.
PAGE = 5_000
STALE = """
SELECT number, country, operator, amount FROM payout_batches_payoutbatchline
 WHERE batch_id = %s AND status = 'ready' AND number > %s AND {is_stale}
 ORDER BY number LIMIT %s
"""
PROMISE = """
UPDATE payout_batches_payoutbatchline l
   SET fee = p.fee, fee_tax = p.fee_tax, fee_line_id = p.fee_line_id, priced_as = p.priced_as
  FROM unnest(%s::bigint[], %s::bigint[], %s::bigint[], %s::uuid[], %s::bytea[])
       AS p (number, fee, fee_tax, fee_line_id, priced_as)
 WHERE l.batch_id = %s AND l.number = p.number
"""
# A line that is ready has an amount.
Stale = tuple[int, str, str, int]


def promise_fees(batch: PayoutBatch, *, now: datetime) -> bool:
    """See to it that each line that is ready bears what the merchant's plan, as it holds at `now`,
    charges for it. Whether any bore another price.

    Lines get their price when they are read or corrected: one query, where it still is the plan's.
    Those that have another, or none, are priced anew here. The batch is locked, and a draft.

    Raises:
        FeeNotConvertible: the amounts of the plan cannot be said in the currency of the batch.
    """
    prices = LinePrices(batch, now=now)
    has_changed = False
    with long_statements():
        for page in _stale_pages(batch, prices):
            priced = [
                (number, *prices.of(country=country, operator=operator, amount=amount))
                for number, country, operator, amount in page
            ]
            columns = [list(column) for column in zip(*priced, strict=True)]
            with connection.cursor() as cursor:
                cursor.execute(PROMISE, [*columns, batch.pk])
            has_changed = True
    return has_changed


def _stale_pages(batch: PayoutBatch, prices: LinePrices) -> Iterator[list[Stale]]:
    is_stale = (
        "(fee <> 0 OR fee_tax <> 0)"
        if prices.is_free
        else f"priced_as IS DISTINCT FROM {PRICED_AS}"
    )
    sql = STALE.format(is_stale=is_stale)
    after = -1
    while True:
        told = [] if prices.is_free else [prices.list_digest]
        with connection.cursor() as cursor:
            cursor.execute(sql, [batch.pk, after, *told, PAGE])
            page: list[Stale] = cursor.fetchall()
        if page:
            yield page
        if len(page) < PAGE:
            return
        after = page[-1][0]
