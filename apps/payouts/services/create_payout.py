from __future__ import annotations

from datetime import datetime

from apps.core.bulk_write import bulk_write
from apps.core.rate_limit import Quota
from apps.ledger.rules.outgoing import PAYOUT_KINDS, amounts_of
from apps.ledger.services.hold import hold
from apps.merchants.limits import payee_limit
from apps.merchants.models import Merchant
from apps.orchestration.models import StatusChange
from apps.payouts.models import Payout
from apps.payouts.services.open_payouts import open_payouts
from apps.payouts.services.plan_payout import PayoutRequest as PayoutRequest
from apps.payouts.services.plan_payout import plan_payout


def create_payout(
    *,
    merchant: Merchant,
    livemode: bool,
    request: PayoutRequest,
    now: datetime,
    quota: Quota | None = None,
) -> Payout:
    """Hold the amount with its fee, and record the payout with its first attempt, history and
    event.

    Within the caller's transaction, where the answer is kept under the request's key: alone it is
    not safe to repeat.

    Args:
        quota: the caller's limits, taken here together with the payee's; None for no limit.

    Raises:
        RateLimited, PayeeRateLimited: the caller, or this payee's money, came too often.
        InvalidPhoneNumber, WrongOperator, NoRail, AmountOutOfRange, RailClosed, FeeNotConvertible,
            BalanceTooLow: nothing was recorded.
    """
    planned = plan_payout(merchant=merchant, livemode=livemode, request=request, now=now)
    payout = planned.payout
    if quota is not None:
        index = bytes(payout.payee_msisdn_index)
        quota.acquire(payee_limit(merchant_id=merchant.pk, phone_index=index, livemode=livemode))
    held = hold(
        PAYOUT_KINDS.amount.held,
        request.money,
        beside=amounts_of(payout, PAYOUT_KINDS, "held"),
        fees=payout.fee + payout.fee_tax,
        merchant_id=merchant.pk,
        source_id=payout.pk,
        livemode=livemode,
        now=now,
    )
    bulk_write([*held, *open_payouts([planned], source=StatusChange.Source.API, now=now)])
    return payout
