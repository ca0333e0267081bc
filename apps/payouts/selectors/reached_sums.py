from __future__ import annotations

from collections.abc import Iterable
from datetime import timedelta
from typing import Any

from django.db import connection

from apps.approvals.models import ApprovalRule
from apps.approvals.rules.actions import approvable_actions
from apps.approvals.rules.facts import SumReached
from apps.core.public_ids import first_id_at
from apps.payouts.models import Payout
from apps.payouts.rules.approvable import SEND
from apps.payouts.rules.payee import PAYEE_INDEX, payee_msisdn
from apps.vault.blind_index import search_indexes

# Along an index, and no further than it takes: a merchant that pays much reaches it soon, and one
# that does not has few rows.
SQL = """
SELECT EXISTS (
    SELECT FROM (
        SELECT sum(amount) OVER (ROWS UNBOUNDED PRECEDING) AS running
          FROM payouts_payout
         WHERE merchant_id = %(merchant)s AND livemode = %(livemode)s AND id >= %(since)s
           AND currency = %(currency)s AND status NOT IN ('failed', 'canceled'){of_payee}) s
     WHERE running >= %(missing)s)
"""
OF_PAYEE = " AND payee_msisdn_index = ANY(%(payee)s)"


def reached_sums(payout: Payout, asked: Iterable[SumReached]) -> frozenset[SumReached]:
    """Those of these sums that are reached with a payout that is not saved yet: of its merchant,
    mode and currency, what was sent, is being sent or waits, in batches too. Two queries each, at
    most."""
    return frozenset(one for one in asked if _is_reached(payout, one))


def _is_reached(payout: Payout, one: SumReached) -> bool:
    missing = one.amount - payout.amount
    if missing <= 0:
        return True
    is_of_payee = one.of == ApprovalRule.SumOf.PAYEE
    payees = search_indexes(payee_msisdn(payout), purpose=PAYEE_INDEX) if is_of_payee else None
    missing -= approvable_actions()[SEND].sum_beside(
        merchant_id=payout.merchant_id,
        livemode=payout.livemode,
        currency=payout.currency,
        payees=payees,
        most=missing,
    )
    if missing <= 0:
        return True
    values: dict[str, Any] = {
        "merchant": payout.merchant_id,
        "livemode": payout.livemode,
        "currency": payout.currency,
        "since": first_id_at(payout.created_at - timedelta(hours=one.hours)),
        "missing": missing,
    }
    if payees is not None:
        values["payee"] = payees
    with connection.cursor() as cursor:
        cursor.execute(SQL.format(of_payee=OF_PAYEE if is_of_payee else ""), values)
        return bool(cursor.fetchone()[0])
