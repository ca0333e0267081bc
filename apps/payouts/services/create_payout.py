from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime

from apps.core.bulk_write import bulk_write
from apps.core.money import Money
from apps.core.public_ids import new_id_at
from apps.core.rate_limit import Quota
from apps.core.work.outbox import wake_on_commit
from apps.ledger.rules.postings import TransferKind
from apps.ledger.services.hold import hold
from apps.merchants.limits import payee_limit
from apps.merchants.models import Merchant
from apps.orchestration.models import StatusChange
from apps.orchestration.services.open_attempt import TOPIC, open_attempt
from apps.payouts.models import Payout, PayoutStatus
from apps.payouts.rules.payee import PAYEE_CONTEXT, PAYEE_INDEX
from apps.payouts.transitions import move
from apps.providers.contract import Operation
from apps.providers.rules.phone_numbers import parse_phone
from apps.providers.selectors.number_plan import number_plan
from apps.routing.services.route import route
from apps.vault.blind_index import search_index
from apps.vault.encryption import encrypt
from apps.vault.masking import mask_msisdn
from apps.webhooks.services import build_event as webhooks


@dataclass(frozen=True, slots=True)
class PayoutRequest:
    """A merchant's request, checked for shape. `phone` is as the merchant wrote it.

    `operator`: whose wallet it is, whatever the number says. `only_operator`: the door it came by
    serves no other.
    """

    money: Money
    phone: str
    country: str = ""
    operator: str = ""
    only_operator: str = ""
    merchant_reference: str = ""
    description: str = ""
    metadata: Mapping[str, str] = field(default_factory=dict)


def create_payout(
    *,
    merchant: Merchant,
    livemode: bool,
    request: PayoutRequest,
    now: datetime,
    quota: Quota | None = None,
) -> Payout:
    """Hold the amount and record the payout with its first attempt, history and event.

    Within the caller's transaction, where the answer is kept under the request's key: alone it is
    not safe to repeat.

    Args:
        quota: the caller's limits, taken here together with the payee's; None for no limit.

    Raises:
        RateLimited, PayeeRateLimited: the caller, or this payee's money, came too often.
        InvalidPhoneNumber, WrongOperator, NoRail, AmountOutOfRange, RailClosed, BalanceTooLow:
            nothing was recorded.
    """
    money = request.money
    phone = parse_phone(
        request.phone,
        default_country=request.country or merchant.country,
        overrides=number_plan(),
        on=now.date(),
        test_mode=not livemode,
        field="payee.phone",
    )
    candidates = route(
        merchant_id=merchant.pk,
        livemode=livemode,
        phone=phone,
        operator=request.operator,
        only_operator=request.only_operator,
        money=money,
        operation=Operation.DISBURSE,
    )
    index = search_index(phone.msisdn, purpose=PAYEE_INDEX)
    if quota is not None:
        quota.acquire(payee_limit(merchant_id=merchant.pk, phone_index=index, livemode=livemode))
    account = candidates[0].account
    # Of the same instant as created_at: a range of dates is a range of ids.
    payout_id = new_id_at(now)
    payout = Payout(
        id=payout_id,
        merchant=merchant,
        livemode=livemode,
        merchant_reference=request.merchant_reference,
        amount=money.amount,
        currency=money.currency,
        country=phone.country,
        operator=request.operator or request.only_operator or phone.operator,
        provider=account.connector,
        payee_msisdn_encrypted=encrypt(phone.msisdn, context=PAYEE_CONTEXT, row_id=payout_id),
        payee_msisdn_index=index,
        payee_msisdn_masked=mask_msisdn(phone.msisdn),
        description=request.description,
        metadata=dict(request.metadata),
        status="",
        candidates=[candidate.as_json() for candidate in candidates],
        created_at=now,
    )
    held = hold(
        TransferKind.PAYOUT_HELD,
        money,
        merchant_id=merchant.pk,
        source_id=payout_id,
        livemode=livemode,
        now=now,
    )
    api = StatusChange.Source.API
    moved = move(payout, PayoutStatus.PENDING, source=api, now=now)
    attempt, birth = open_attempt(
        owner_type="payout",
        owner=payout,
        operation=Operation.DISBURSE,
        account=account,
        source=api,
        due_at=now,
        now=now,
    )
    bulk_write([payout, *held, attempt, birth, *moved.rows])
    wake_on_commit(TOPIC, webhooks.TOPIC)
    return payout
