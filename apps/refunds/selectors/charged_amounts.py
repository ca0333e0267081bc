from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

from django.db import connection

from apps.core.money import Money
from apps.core.public_ids import first_id_at
from apps.fees.models import FeeOperation
from apps.fees.rules.charged_amount import ChargedAmount
from apps.fees.rules.choose_line import Charged

CHARGED = """
SELECT r.livemode, r.provider, p.operator, p.method, p.country, r.currency, r.amount,
       count(*), sum(r.fee)::bigint, sum(r.fee_tax)::bigint
  FROM refunds_refund r JOIN payments_payment p ON p.id = r.payment_id
 WHERE r.merchant_id = ANY(%s) AND r.livemode = ANY(%s) AND r.id >= %s AND r.id < %s
   AND r.status = 'succeeded'
 GROUP BY r.livemode, r.provider, p.operator, p.method, p.country, r.currency, r.amount
"""


def charged_amounts(
    merchant_ids: Sequence[UUID], *, since: datetime, until: datetime
) -> list[ChargedAmount]:
    """What these merchants paid for the refunds of this time that succeeded: each amount of a kind
    once, however many there were. One query.
    """
    with connection.cursor() as cursor:
        cursor.execute(
            CHARGED, [list(merchant_ids), [True, False], first_id_at(since), first_id_at(until)]
        )
        return [
            ChargedAmount(
                livemode=livemode,
                charged=Charged(
                    operation=FeeOperation.REFUND,
                    money=Money(amount, currency),
                    provider=provider,
                    operator=operator,
                    method=method,
                    country=country,
                ),
                count=count,
                fees=fees,
                taxes=taxes,
            )
            for (
                livemode, provider, operator, method, country, currency, amount, count, fees, taxes
            ) in cursor.fetchall()
        ]  # fmt: skip
