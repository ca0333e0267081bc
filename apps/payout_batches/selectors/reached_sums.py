from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from django.db import connection

from apps.approvals.models import ApprovalRule
from apps.approvals.rules.facts import SumReached
from apps.core.postgresql.long_statements import long_statements
from apps.core.public_ids import first_id_at
from apps.payout_batches.models import PayoutBatch
from apps.payout_batches.selectors.sum_waiting import LINES, sum_waiting
from apps.vault.blind_index import search_keys

PAYOUTS = """
  FROM payouts_payout
 WHERE merchant_id = %(merchant)s AND livemode = %(livemode)s AND id >= %(since)s
   AND currency = %(currency)s AND status NOT IN ('failed', 'canceled')
"""
OF_MERCHANT = f"SELECT COALESCE(sum(amount), 0) >= %(missing)s {PAYOUTS}"
# Its own lines first: most rules are met or missed by them.
OF_PAYEE = f"""
WITH mine AS (
    SELECT payee_msisdn_index AS payee, sum(amount) AS total
      FROM payout_batches_payoutbatchline WHERE batch_id = %(batch)s AND status = 'ready'
     GROUP BY payee_msisdn_index
), beside AS (
    SELECT payee, sum(amount) AS total
      FROM (SELECT payee_msisdn_index AS payee, amount {PAYOUTS}
             UNION ALL
            SELECT l.payee_msisdn_index, l.amount {LINES} AND b.id <> %(batch)s) each
     GROUP BY payee
)
SELECT EXISTS (SELECT FROM mine WHERE total >= %(amount)s)
    OR EXISTS (SELECT FROM mine JOIN beside USING (payee)
                WHERE mine.total + beside.total >= %(amount)s)
"""  # noqa: S608 (of constants)


def reached_sums(payload: Mapping[str, Any], asked: Iterable[SumReached]) -> frozenset[SumReached]:
    """Those of these sums that are reached with a batch that waits for approval: of its merchant,
    mode and currency, what was sent, is being sent or waits, of any payee of it or of all. Two
    queries each, at most."""
    batch = PayoutBatch.objects.get(pk=UUID(payload["payout_batch_id"]))
    # It asks what left before it was submitted, and since.
    until = batch.submitted_at or batch.created_at
    with long_statements():
        return frozenset(one for one in asked if _is_reached(batch, one, until=until))


def _is_reached(batch: PayoutBatch, one: SumReached, *, until: datetime) -> bool:
    values: dict[str, Any] = {
        "batch": batch.pk,
        "merchant": batch.merchant_id,
        "livemode": batch.livemode,
        "currency": batch.currency,
        "since": first_id_at(until - timedelta(hours=one.hours)),
        "amount": one.amount,
    }
    if one.of == ApprovalRule.SumOf.PAYEE:
        # While the keys of what is searched change, one payee may stand there under two indexes:
        # better asked for too much than sent unseen.
        return len(search_keys()) > 1 or _ask(OF_PAYEE, values)
    # It waits itself.
    waiting = sum_waiting(
        merchant_id=batch.merchant_id,
        livemode=batch.livemode,
        currency=batch.currency,
        payees=None,
        most=one.amount,
    )
    return waiting >= one.amount or _ask(OF_MERCHANT, {**values, "missing": one.amount - waiting})


def _ask(sql: str, values: Mapping[str, Any]) -> bool:
    with connection.cursor() as cursor:
        cursor.execute(sql, values)
        return bool(cursor.fetchone()[0])
