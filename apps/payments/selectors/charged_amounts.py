from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

from django.db import connection

from apps.core.public_ids import first_id_at
from apps.fees.models import FeeOperation
from apps.fees.rules.charged_amount import ChargedAmount

CHARGED = """
SELECT livemode, provider, operator, method, country, currency, amount,
       count(*), sum(fee)::bigint, sum(fee_tax)::bigint
  FROM payments_payment
 WHERE merchant_id = ANY(%s) AND livemode = ANY(%s) AND id >= %s AND id < %s
   AND status = 'succeeded'
 GROUP BY livemode, provider, operator, method, country, currency, amount
"""


def charged_amounts(
    merchant_ids: Sequence[UUID], *, since: datetime, until: datetime
) -> list[ChargedAmount]:
    """What these merchants paid for the payments of this time that succeeded: each amount of a kind
    once, however many there were. One query.
    """
    with connection.cursor() as cursor:
        cursor.execute(
            CHARGED, [list(merchant_ids), [True, False], first_id_at(since), first_id_at(until)]
        )
        return [ChargedAmount.of_row(FeeOperation.COLLECT, row) for row in cursor.fetchall()]
