from __future__ import annotations

from datetime import datetime
from typing import Any
from uuid import UUID

from django.db import connection

from apps.ledger.selectors.read_times import MOVEMENTS

# Each movement with the rail that moved it and the merchant's own reference: SQL. A batch, a
# settlement and what its payout releases are of no one rail.
LINES = f"""
SELECT m.id, m.kind, m.amount, m.source_id, m.created_at AS moved_at,
       COALESCE(pay.provider, ref.provider, po.provider, disputed.provider, rail.connector, '')
           AS rail,
       COALESCE(pay.merchant_reference, po.merchant_reference, refunded.merchant_reference,
                disputed.merchant_reference, '') AS reference
  FROM ({MOVEMENTS}) m
  LEFT JOIN payments_payment pay
    ON pay.id = m.source_id AND m.kind IN ('gross', 'fee', 'fee_tax', 'reserve_held')
  LEFT JOIN refunds_refund ref
    ON ref.id = m.source_id AND (m.kind LIKE 'refund\\_%%' OR m.kind LIKE 'collect\\_%%')
  LEFT JOIN payments_payment refunded ON refunded.id = ref.payment_id
  LEFT JOIN payouts_payout po ON po.id = m.source_id AND m.kind LIKE 'payout\\_%%'
  LEFT JOIN disputes_dispute dis ON dis.id = m.source_id AND m.kind LIKE 'dispute\\_%%'
  LEFT JOIN payments_payment disputed ON disputed.id = dis.payment_id
  LEFT JOIN ledger_release rel ON rel.id = m.source_id AND m.kind = 'released'
  LEFT JOIN ledger_reserverelease kept ON kept.id = m.source_id AND m.kind = 'reserve_released'
  LEFT JOIN providers_provideraccount rail
    ON rail.id = COALESCE(rel.provider_account_id, kept.provider_account_id)
"""  # noqa: S608 (our own words)
TOTALS = f"""
SELECT rail, kind, count(*), sum(amount)::bigint
  FROM ({LINES}) line GROUP BY rail, kind ORDER BY rail, kind
"""  # noqa: S608 (our own words)


def day_totals(
    account_id: UUID, *, begins_at: datetime, ends_at: datetime, horizon: int
) -> list[dict[str, Any]]:
    """The movements of this time by rail and kind, as MerchantDay.totals has them. One query."""
    values: dict[str, Any] = {"account_id": account_id, "begins_at": begins_at, "ends_at": ends_at}
    with connection.cursor() as cursor:
        cursor.execute(TOTALS, {**values, "horizon": horizon})
        return [
            {"rail": rail, "kind": kind, "count": count, "amount": amount}
            for rail, kind, count, amount in cursor.fetchall()
        ]
