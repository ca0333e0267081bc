from __future__ import annotations

from collections.abc import Mapping
from typing import Any
from uuid import UUID

from django.db import connection

from apps.approvals.models import ApprovalRule

# The last payout that reached each number, of the same merchant and mode.
SQL = """
SELECT bool_or(last.operator IS NULL),
       bool_or(last.operator <> line.operator
               OR (last.operator IS NOT NULL AND line.is_of_another))
  FROM (SELECT l.payee_msisdn_index, l.operator, bool_or(n.result = 'different') AS is_of_another
          FROM payout_batches_payoutbatchline l
          LEFT JOIN payout_batches_namecheck n ON n.id = l.id
         WHERE l.batch_id = %(batch_id)s AND l.status = 'ready'
         GROUP BY l.payee_msisdn_index, l.operator) line
  JOIN payout_batches_payoutbatch b ON b.id = %(batch_id)s
  LEFT JOIN LATERAL (SELECT p.operator FROM payouts_payout p
                      WHERE p.payee_msisdn_index = line.payee_msisdn_index
                        AND p.merchant_id = b.merchant_id AND p.livemode = b.livemode
                        AND p.status = 'succeeded'
                      ORDER BY p.id DESC LIMIT 1) last ON true
"""


def batch_payees(payload: Mapping[str, Any]) -> frozenset[str]:
    """What "payout_batch.start" tells the rules of its payees: what any line that is to be sent is.
    One query, along an index for each payee.

    A payee is new whose number this merchant never paid in this mode. It is changed if it was paid,
    and either the last payout that reached it went to another operator, or the operator names
    another person than the list does, whoever confirmed that.
    """
    with connection.cursor() as cursor:
        cursor.execute(SQL, {"batch_id": UUID(payload["payout_batch_id"])})
        is_new, is_changed = cursor.fetchone()
    found = {ApprovalRule.Payee.NEW: is_new, ApprovalRule.Payee.CHANGED: is_changed}
    return frozenset(payee.value for payee, is_it in found.items() if is_it)
