from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from uuid import UUID

from apps.core.money import Money
from apps.core.public_ids import new_id_at
from apps.fees.models import FeeOperation
from apps.fees.rules.choose_line import Charged
from apps.fees.selectors.promise_fee import NO_FEE, PromisedFee, promise_fee
from apps.merchants.models import Merchant
from apps.payouts.models import Payout
from apps.payouts.rules.payee import PAYEE_CONTEXT, PAYEE_INDEX, PAYOUT_METHOD
from apps.providers.contract import Operation
from apps.providers.models import ProviderAccount
from apps.providers.rules.phone_numbers import parse_phone
from apps.providers.selectors.number_plan import number_plan
from apps.routing.services.route import route
from apps.vault.blind_index import search_index
from apps.vault.encryption import encrypt
from apps.vault.masking import mask_msisdn


@dataclass(frozen=True, slots=True)
class PayoutRequest:
    """A merchant's request, checked for shape. `phone` is as the merchant wrote it.

    `operator`: whose wallet it is, whatever the number says. `only_operator`: the door it came by
    serves no other. `is_fee_exempt`: no plan charges it.
    """

    money: Money
    phone: str
    country: str = ""
    operator: str = ""
    only_operator: str = ""
    merchant_reference: str = ""
    description: str = ""
    is_fee_exempt: bool = False
    metadata: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class PlannedPayout:
    """A payout that nobody has seen yet, unsaved, and the account that would send it first."""

    payout: Payout
    account: ProviderAccount


def plan_payout(
    *,
    merchant: Merchant,
    livemode: bool,
    request: PayoutRequest,
    fee: PromisedFee | None = None,
    payout_id: UUID | None = None,
    now: datetime,
) -> PlannedPayout:
    """Find who could send this, and make the row of it. Nothing is written, and nothing held.

    Args:
        fee: what was promised before; None: what the merchant's plan says now.
        payout_id: of what it is made of (orchestration.rules.order_reference), where that may be
            asked for again; None for one of chance.

    Raises:
        InvalidPhoneNumber, WrongOperator, NoRail, AmountOutOfRange, RailClosed, FeeNotConvertible.
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
    account = candidates[0].account
    operator = request.operator or request.only_operator or phone.operator
    if request.is_fee_exempt:
        fee = NO_FEE
    if fee is None:
        charged = Charged(
            operation=FeeOperation.DISBURSE,
            money=money,
            provider=account.connector,
            operator=operator,
            method=PAYOUT_METHOD,
            country=phone.country,
        )
        fee = promise_fee(merchant.pk, charged, now=now)
    # Of the same instant as created_at: a range of dates is a range of ids.
    payout_id = payout_id or new_id_at(now)
    payout = Payout(
        id=payout_id,
        merchant=merchant,
        livemode=livemode,
        merchant_reference=request.merchant_reference,
        amount=money.amount,
        currency=money.currency,
        country=phone.country,
        operator=operator,
        provider=account.connector,
        payee_msisdn_encrypted=encrypt(phone.msisdn, context=PAYEE_CONTEXT, row_id=payout_id),
        payee_msisdn_index=search_index(phone.msisdn, purpose=PAYEE_INDEX),
        payee_msisdn_masked=mask_msisdn(phone.msisdn),
        description=request.description,
        metadata=dict(request.metadata),
        status="",
        candidates=[candidate.as_json() for candidate in candidates],
        fee=fee.fee.amount,
        fee_tax=fee.fee.tax,
        fee_line_id=fee.line_id,
        is_fee_exempt=request.is_fee_exempt,
        created_at=now,
    )
    return PlannedPayout(payout, account)
