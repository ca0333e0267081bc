from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime, timedelta
from typing import Any

from django.db import connection

from apps.approvals.models import ApprovalRule
from apps.approvals.rules.facts import PAYEE, Asked, Facts, PastAct
from apps.core.public_ids import encode_id, first_id_at

# What each sum was when the payout was made, over a range of ids: they begin with the time.
OF = {
    ApprovalRule.SumOf.MERCHANT.value: "merchant_id, livemode, currency",
    ApprovalRule.SumOf.PAYEE.value: "merchant_id, livemode, currency, payee_msisdn_index",
}
SUM = """,
    COALESCE(sum(amount) FILTER (WHERE status NOT IN ('failed', 'canceled')) OVER (
        PARTITION BY {of} ORDER BY created_at
        RANGE BETWEEN make_interval(hours => {hours}) PRECEDING AND CURRENT ROW), 0)"""
SQL = """
SELECT p.id, p.created_at, p.amount, p.currency, p.operator, {before} {sums}
  FROM (SELECT q.id, q.merchant_id, q.created_at, q.amount, q.currency, q.operator, q.livemode,
               q.payee_msisdn_index {windows}
          FROM payouts_payout q WHERE q.id >= %(from)s AND q.id < %(until)s) p
 WHERE p.id >= %(since)s
   AND NOT EXISTS (SELECT FROM payout_batches_payoutbatchline l WHERE l.payout_id = p.id)
 ORDER BY p.id DESC LIMIT %(most)s
"""
# The operator of the last payout that had reached the payee by then.
BEFORE = """
       (SELECT e.operator FROM payouts_payout e
         WHERE e.payee_msisdn_index = p.payee_msisdn_index AND e.merchant_id = p.merchant_id
           AND e.livemode = p.livemode AND e.status = 'succeeded' AND e.id < p.id
           AND e.completed_at < p.created_at
         ORDER BY e.id DESC LIMIT 1)"""
CHUNK = 5_000


def past_payouts(asked: Asked, *, since: datetime, until: datetime, most: int) -> Iterator[PastAct]:
    """The payouts by API of that time, newest first, as the rules of "payout.send" would have seen
    them; in the sums those of batches too. One query."""
    sums = sorted({(one.of, one.hours) for one in asked.sums})
    windows = [SUM.format(of=OF[of], hours=int(hours)) for of, hours in sums]
    sql = SQL.format(
        before=BEFORE if PAYEE in asked.names else "NULL",
        sums="".join(f", p.sum_{number}" for number in range(len(sums))),
        windows="".join(f"{one} AS sum_{number}" for number, one in enumerate(windows)),
    )
    hours_max = max((hours for _, hours in sums), default=0)
    values: dict[str, Any] = {
        "since": first_id_at(since),
        "from": first_id_at(since - timedelta(hours=hours_max)),
        "until": first_id_at(until),
        "most": most,
    }
    with connection.cursor() as cursor:
        cursor.execute(sql, values)
        while rows := cursor.fetchmany(CHUNK):
            for payout_id, at, amount, currency, operator, before, *totals in rows:
                payees: frozenset[str] = frozenset()
                if PAYEE in asked.names and before != operator:
                    kind = ApprovalRule.Payee.CHANGED if before else ApprovalRule.Payee.NEW
                    payees = frozenset({kind.value})
                reached = dict(zip(sums, totals, strict=True))
                yield PastAct(
                    payout_id,
                    encode_id("po", payout_id),
                    at,
                    Facts(
                        amount=amount,
                        currency=currency,
                        rails=frozenset({operator}),
                        how=ApprovalRule.How.API,
                        payees=payees,
                        sums=frozenset(
                            one for one in asked.sums if reached[one.of, one.hours] >= one.amount
                        ),
                    ),
                )
