from __future__ import annotations

from collections.abc import Iterable
from datetime import timedelta
from typing import Any

from django.db import connection

from apps.approvals.rules.facts import SumReached
from apps.core.public_ids import first_id_at
from apps.refunds.models import Refund

# Along an index, and no further than it takes: a merchant that refunds much reaches it soon.
SQL = """
SELECT EXISTS (
    SELECT FROM (
        SELECT sum(amount) OVER (ROWS UNBOUNDED PRECEDING) AS running
          FROM refunds_refund
         WHERE merchant_id = %(merchant)s AND livemode = %(livemode)s AND id >= %(since)s
           AND currency = %(currency)s AND status NOT IN ('failed', 'canceled')) s
     WHERE running >= %(missing)s)
"""


def reached_sums(refund: Refund, asked: Iterable[SumReached]) -> frozenset[SumReached]:
    """Those of these sums, of a merchant's refunds, that are reached with one that is not saved
    yet: in its mode and currency, what was sent, is being sent or waits. One query each, at most.
    """
    return frozenset(one for one in asked if _is_reached(refund, one))


def _is_reached(refund: Refund, one: SumReached) -> bool:
    missing = one.amount - refund.amount
    if missing <= 0:
        return True
    values: dict[str, Any] = {
        "merchant": refund.merchant_id,
        "livemode": refund.livemode,
        "currency": refund.currency,
        "since": first_id_at(refund.created_at - timedelta(hours=one.hours)),
        "missing": missing,
    }
    with connection.cursor() as cursor:
        cursor.execute(SQL, values)
        return bool(cursor.fetchone()[0])
