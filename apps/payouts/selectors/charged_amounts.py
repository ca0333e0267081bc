from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

from django.db import connection

from apps.core.public_ids import first_id_at
from apps.fees.models import FeeOperation
from apps.fees.rules.charged_amount import ChargedAmount
from apps.payouts.rules.payee import PAYOUT_METHOD

# What no plan charges is left out.
CHARGED = """
SELECT livemode, provider, operator, %s::text, country, currency, amount,
       count(*), sum(fee)::bigint, sum(fee_tax)::bigint
  FROM payouts_payout
 WHERE merchant_id = ANY(%s) AND livemode = ANY(%s) AND id >= %s AND id < %s
   AND status = 'succeeded' AND NOT is_fee_exempt
 GROUP BY livemode, provider, operator, country, currency, amount
"""


def charged_amounts(
    merchant_ids: Sequence[UUID], *, since: datetime, until: datetime
) -> list[ChargedAmount]:
    """What these merchants paid for the payouts of this time that succeeded: each amount of a kind
    once, however many there were. One query.
    """
    with connection.cursor() as cursor:
        cursor.execute(
            CHARGED,
            [
                PAYOUT_METHOD,
                list(merchant_ids),
                [True, False],
                first_id_at(since),
                first_id_at(until),
            ],
        )
        return [ChargedAmount.of_row(FeeOperation.DISBURSE, row) for row in cursor.fetchall()]
