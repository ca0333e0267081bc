from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from django.db import IntegrityError
from django.db.models import Model

from apps.core.errors import DomainError
from apps.core.failpoints import failpoint
from apps.core.idempotency import (
    IdempotencyKeyReused,
    find_answer,
    keep_answer,
    taken_constraint,
)
from apps.core.json_format import dump
from apps.core.models import IdempotencyRecord
from apps.core.public_ids import new_id_at
from apps.core.rate_limit import Quota, RateLimited
from apps.merchants.limits import payer_limits
from apps.merchants.models import Merchant
from apps.orchestration.models import UNIQUE_REFERENCE, StatusChange
from apps.orchestration.rules.order_reference import first_reference, owner_id_of, repeated
from apps.orchestration.services.open_attempt import TOPIC, open_attempt
from apps.payments.models import Payment, PaymentStatus
from apps.payments.rules.metadata_search import entries_of
from apps.payments.rules.payer import PAYER_INDEX, set_payer
from apps.payments.rules.payment_request import PaymentRequest
from apps.payments.services.open_checkout import open_checkout
from apps.payments.services.plan_collect import METHOD, CollectPlan, plan_collect
from apps.payments.transitions import move
from apps.providers.contract import Operation
from apps.providers.registry import operation_profile
from apps.vault.blind_index import search_index
from apps.webhooks.services.build_event import tell_on_commit

ENDPOINT = "POST /api/v1/payments"


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
    event and the answer itself, in one statement and one commit. With `is_checkout` it has no
    attempt yet: its payer says on our page which number pays.

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
    name, times = f"{scope} {endpoint} {idempotency_key}", 0
    plan: CollectPlan | None = None
    try:
        if request.is_checkout:
            rows, representation = open_checkout(
                merchant=merchant, livemode=livemode, request=request, now=now
            )
            limits = []
        else:
            plan = plan_collect(
                merchant=merchant,
                livemode=livemode,
                money=request.money,
                phone=request.phone,
                country=request.country,
                operator=request.operator,
                only_operator=request.only_operator,
                created_at=now,
                now=now,
            )
            rows, representation = _build(
                merchant, livemode, request, plan, repeated(name, times), now
            )
            limits = payer_limits(
                scope=scope,
                phone_index=search_index(plan.phone.msisdn, purpose=PAYER_INDEX),
                livemode=livemode,
                name=f"{endpoint} {idempotency_key}",
            )
        if quota is not None:
            quota.acquire(*limits)
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
    while True:
        try:
            first = keep_answer(record, rows, now=now)
            break
        except IdempotencyKeyReused:
            if quota is not None:
                quota.release()
            raise
        except IntegrityError as error:
            if plan is None or taken_constraint(error) != UNIQUE_REFERENCE:
                raise
            # Another order had this key, so long ago that the key was forgotten.
            times += 1
            rows, representation = _build(
                merchant, livemode, request, plan, repeated(name, times), now
            )
            answer = record.body = dump(representation)
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
    plan: CollectPlan,
    name: str,
    now: datetime,
) -> tuple[list[Model], dict[str, Any]]:
    account = plan.candidates[0].account
    collects = operation_profile(account, Operation.COLLECT)
    # Of the same instant as created_at: a range of dates is a range of ids.
    payment_id = owner_id_of(name, now=now)
    money = request.money
    payment = Payment(
        id=payment_id,
        merchant=merchant,
        livemode=livemode,
        merchant_reference=request.merchant_reference,
        amount=money.amount,
        currency=money.currency,
        country=plan.phone.country,
        method=METHOD,
        operator=plan.operator,
        provider=account.connector,
        description=request.description,
        metadata=dict(request.metadata),
        return_url=request.return_url,
        cancel_url=request.cancel_url,
        status="",
        candidates=[candidate.as_json() for candidate in plan.candidates],
        fee=plan.fee.fee.amount,
        fee_tax=plan.fee.fee.tax,
        fee_line_id=plan.fee.line_id,
        expires_at=now + timedelta(seconds=collects.expires_after_s),
        created_at=now,
    )
    set_payer(payment, plan.phone.msisdn)
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
        reference=first_reference(payment_id),
    )
    rows = [payment, attempt, birth, *moved.rows, *entries_of(payment)]
    return rows, moved.representation


def _replay(record: IdempotencyRecord) -> Answer:
    return Answer(status_code=record.status_code, body=bytes(record.body), replayed=True)
