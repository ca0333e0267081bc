from __future__ import annotations

from datetime import datetime

from django.db.models import Model

from apps.approvals.selectors.demand_of import Demand, demand_of
from apps.core.bulk_write import bulk_write
from apps.core.money import Money
from apps.core.rate_limit import Quota
from apps.core.work.outbox import wake_on_commit
from apps.ledger.rules.outgoing import PAYOUT_KINDS, amounts_of
from apps.ledger.services.hold import hold
from apps.merchants.caller import Caller
from apps.merchants.limits import payee_limit
from apps.merchants.models import Merchant
from apps.merchants.selectors.maker_of import maker_of
from apps.orchestration.models import StatusChange
from apps.orchestration.selectors.unused_owner_id import unused_owner_id
from apps.orchestration.services.wait_for_approval import Held, wait_for_approval
from apps.payouts.models import Payout, PayoutStatus
from apps.payouts.rules.approvable import SEND, digest_of
from apps.payouts.selectors.payout_facts import payout_facts
from apps.payouts.services.open_payouts import open_payouts
from apps.payouts.services.plan_payout import PayoutRequest as PayoutRequest
from apps.payouts.services.plan_payout import plan_payout
from apps.payouts.transitions import move
from apps.webhooks.services import build_event as webhooks


def create_payout(
    *,
    merchant: Merchant,
    livemode: bool,
    request: PayoutRequest,
    now: datetime,
    quota: Quota | None = None,
    caller: Caller | None = None,
) -> Payout:
    """Hold the amount with its fee, and record the payout with its first attempt, history and
    event. One that a rule demands approval of waits for that instead, without an attempt.

    Within the caller's transaction, where the answer is kept under the request's key: alone it is
    not safe to repeat.

    Args:
        quota: the caller's limits, taken here together with the payee's; None for no limit.
        caller: who makes it, and does not approve it; None for the platform itself.

    Raises:
        RateLimited, PayeeRateLimited: the caller, or this payee's money, came too often.
        InvalidPhoneNumber, WrongOperator, NoRail, AmountOutOfRange, RailClosed, FeeNotConvertible,
            BalanceTooLow: nothing was recorded.
    """
    name = caller.request_name if caller is not None else ""
    planned = plan_payout(
        merchant=merchant,
        livemode=livemode,
        request=request,
        payout_id=unused_owner_id(name, now=now) if name else None,
        now=now,
    )
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
    demand = demand_of(SEND, lambda asked: payout_facts(payout, asked, caller=caller))
    if demand is not None:
        bulk_write([*held, *_wait(payout, demand, caller, now=now)])
        return payout
    bulk_write([*held, *open_payouts([planned], source=StatusChange.Source.API, now=now)])
    return payout


def _wait(payout: Payout, demand: Demand, caller: Caller | None, *, now: datetime) -> list[Model]:
    """The rows of a payout that waits for approval, unsaved; what it waits for is written."""
    approval = wait_for_approval(
        Held(
            action=SEND,
            target=payout.public_id,
            merchant_id=payout.merchant_id,
            livemode=payout.livemode,
            money=Money(payout.amount + payout.fee + payout.fee_tax, payout.currency),
            digest=digest_of(payout),
            payload={"payout_id": str(payout.pk)},
            made_by=maker_of(caller) if caller else "system",
        ),
        demand,
        now=now,
    )
    payout.approval_id = approval.pk
    moved = move(payout, PayoutStatus.NEEDS_APPROVAL, source=StatusChange.Source.API, now=now)
    wake_on_commit(webhooks.TOPIC)
    return [payout, *moved.rows]
