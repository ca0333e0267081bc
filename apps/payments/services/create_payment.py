from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from django.db.models import Model

from apps.core.errors import DomainError
from apps.core.failpoints import failpoint
from apps.core.idempotency import IdempotencyKeyReused, find_answer, keep_answer
from apps.core.json_format import dump
from apps.core.models import IdempotencyRecord
from apps.core.money import Money
from apps.core.public_ids import new_id_at
from apps.core.rate_limit import Quota, RateLimited
from apps.fees.models import FeeOperation
from apps.fees.rules.choose_line import Charged
from apps.fees.selectors.promise_fee import PromisedFee, promise_fee
from apps.merchants.limits import payer_limits
from apps.merchants.models import Merchant
from apps.orchestration.models import StatusChange
from apps.orchestration.services.open_attempt import TOPIC, open_attempt
from apps.payments.models import Payment, PaymentStatus
from apps.payments.rules.metadata_search import entries_of
from apps.payments.rules.payer import PAYER_CONTEXT, PAYER_INDEX
from apps.payments.transitions import move
from apps.providers.contract import Operation
from apps.providers.registry import operation_profile
from apps.providers.rules.phone_numbers import PhoneNumber, parse_phone
from apps.providers.selectors.number_plan import number_plan
from apps.routing.rules.candidates import Candidate
from apps.routing.services.route import route
from apps.vault.blind_index import search_index
from apps.vault.encryption import encrypt
from apps.vault.masking import mask_msisdn
from apps.webhooks.services.build_event import tell_on_commit

ENDPOINT = "POST /api/v1/payments"
METHOD = "mobile_money"


@dataclass(frozen=True, slots=True)
class PaymentRequest:
    """A merchant's request, checked for shape. `phone` is as the payer wrote it.

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
    return_url: str = ""
    cancel_url: str = ""


@dataclass(frozen=True, slots=True)
class Answer:
    """What the merchant is answered. `replayed`: the same key and body were answered before."""

    status_code: int
    body: bytes
    replayed: bool


def create_payment(
    *,
    merchant: Merchant,
    livemode: bool,
    request: PaymentRequest,
    idempotency_key: str,
    digest: bytes,
    now: datetime,
    endpoint: str = ENDPOINT,
    quota: Quota | None = None,
) -> Answer:
    """Record a payment and its first attempt, which is its own queue: payment, attempt, history,
    event and the answer itself, in one statement and one commit.

    Safe to repeat: the same key and body give the first answer, byte for byte.

    Args:
        quota: the caller's limits, taken here together with the payer's; None for no limit.

    Raises:
        RateLimited: the caller has come too often.
        PayerRateLimited, PayerDailyLimit, PayerAskedByMany: too many were asked of this payer;
            a repeated request is answered still.
        IdempotencyKeyReused: the key was used with another body.
        IdempotencyKeyInFlight: the first request with it has not come to its end for seconds.
        InvalidPhoneNumber, WrongOperator, NoRail, AmountOutOfRange, RailClosed,
            FeeNotConvertible: nothing was recorded.
    """
    scope = f"{merchant.pk}:{'live' if livemode else 'test'}"
    try:
        phone = parse_phone(
            request.phone,
            default_country=request.country or merchant.country,
            overrides=number_plan(),
            on=now.date(),
            test_mode=not livemode,
        )
        candidates = route(
            merchant_id=merchant.pk,
            livemode=livemode,
            phone=phone,
            operator=request.operator,
            only_operator=request.only_operator,
            money=request.money,
        )
        fee = promise_fee(
            merchant.pk,
            Charged(
                operation=FeeOperation.COLLECT,
                money=request.money,
                provider=candidates[0].account.connector,
                operator=_operator(request, phone),
                method=METHOD,
                country=phone.country,
            ),
            now=now,
        )
        if quota is not None:
            quota.acquire(
                *payer_limits(
                    scope=scope,
                    phone_index=search_index(phone.msisdn, purpose=PAYER_INDEX),
                    livemode=livemode,
                    name=f"{endpoint} {idempotency_key}",
                )
            )
    except RateLimited:
        raise
    except DomainError:
        # Rails and limits may have changed since the first answer; the answer has not.
        first = find_answer(
            scope=scope, endpoint=endpoint, key=idempotency_key, digest=digest, now=now
        )
        if first:
            return _replay(first)
        raise
    rows, representation = _build(merchant, livemode, request, phone, candidates, fee, now)
    answer = dump(representation)
    record = IdempotencyRecord(
        id=new_id_at(now),
        scope=scope,
        endpoint=endpoint,
        key=idempotency_key,
        digest=digest,
        status_code=201,
        body=answer,
        created_at=now,
    )
    failpoint("api.create.before_commit")
    try:
        first = keep_answer(record, rows, now=now)
    except IdempotencyKeyReused:
        if quota is not None:
            quota.release()
        raise
    if first is not None:
        if quota is not None:
            quota.release()
        return _replay(first)
    failpoint("api.create.after_commit")
    tell_on_commit(rows, TOPIC)
    return Answer(status_code=201, body=answer, replayed=False)


def _build(
    merchant: Merchant,
    livemode: bool,
    request: PaymentRequest,
    phone: PhoneNumber,
    candidates: list[Candidate],
    fee: PromisedFee,
    now: datetime,
) -> tuple[list[Model], dict[str, Any]]:
    account = candidates[0].account
    collects = operation_profile(account, Operation.COLLECT)
    # Of the same instant as created_at: a range of dates is a range of ids.
    payment_id = new_id_at(now)
    money = request.money
    payment = Payment(
        id=payment_id,
        merchant=merchant,
        livemode=livemode,
        merchant_reference=request.merchant_reference,
        amount=money.amount,
        currency=money.currency,
        country=phone.country,
        method=METHOD,
        operator=_operator(request, phone),
        provider=account.connector,
        payer_msisdn_encrypted=encrypt(phone.msisdn, context=PAYER_CONTEXT, row_id=payment_id),
        payer_msisdn_index=search_index(phone.msisdn, purpose=PAYER_INDEX),
        payer_msisdn_masked=mask_msisdn(phone.msisdn),
        description=request.description,
        metadata=dict(request.metadata),
        return_url=request.return_url,
        cancel_url=request.cancel_url,
        status="",
        candidates=[candidate.as_json() for candidate in candidates],
        fee=fee.fee.amount,
        fee_tax=fee.fee.tax,
        fee_line_id=fee.line_id,
        expires_at=now + timedelta(seconds=collects.expires_after_s),
        created_at=now,
    )
    api = StatusChange.Source.API
    moved = move(payment, PaymentStatus.PENDING, source=api, now=now)
    attempt, birth = open_attempt(
        owner_type="payment",
        owner=payment,
        operation=Operation.COLLECT,
        account=account,
        source=api,
        due_at=now,
        now=now,
    )
    rows = [payment, attempt, birth, *moved.rows, *entries_of(payment)]
    return rows, moved.representation


def _operator(request: PaymentRequest, phone: PhoneNumber) -> str:
    """Whose wallet it is: as was said, else by the number."""
    return request.operator or request.only_operator or phone.operator


def _replay(record: IdempotencyRecord) -> Answer:
    return Answer(status_code=record.status_code, body=bytes(record.body), replayed=True)
