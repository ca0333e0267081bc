from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

from django.db.models import Model

from apps.core.public_ids import new_id_at
from apps.merchants.models import Merchant
from apps.orchestration.models import StatusChange
from apps.payments.models import PayerChoice, Payment, PaymentStatus
from apps.payments.rules.metadata_search import entries_of
from apps.payments.rules.payer import payer_page_url, set_payer
from apps.payments.rules.payment_request import PaymentRequest
from apps.payments.services.plan_collect import METHOD
from apps.payments.transitions import move
from apps.routing.selectors.offered_operators import offered_operators

# How long a payer may take to say which number pays.
CHOICE_TIME = timedelta(hours=1)


def open_checkout(
    *, merchant: Merchant, livemode: bool, request: PaymentRequest, now: datetime
) -> tuple[list[Model], dict[str, Any]]:
    """A payment whose payer says on our page which number pays, and what is told of it. Unsaved:
    it has no attempt, and nothing is sent before name_payer.

    Raises:
        NoRail, AmountOutOfRange, RailClosed: no network could take this amount.
    """
    money = request.money
    country = request.country or merchant.country
    offered_operators(
        merchant_id=merchant.pk,
        livemode=livemode,
        country=country,
        money=money,
        operator=request.operator,
    )
    payment_id = new_id_at(now)
    payment = Payment(
        id=payment_id,
        merchant=merchant,
        livemode=livemode,
        merchant_reference=request.merchant_reference,
        amount=money.amount,
        currency=money.currency,
        country=country,
        method=METHOD,
        operator=request.operator,
        provider="",
        description=request.description,
        metadata=dict(request.metadata),
        return_url=request.return_url,
        cancel_url=request.cancel_url,
        status="",
        next_action={"kind": "redirect", "url": payer_page_url(payment_id)},
        payer_choice=PayerChoice.OPEN,
        expires_at=now + CHOICE_TIME,
        created_at=now,
    )
    set_payer(payment, "")
    moved = move(payment, PaymentStatus.REQUIRES_ACTION, source=StatusChange.Source.API, now=now)
    return [payment, *moved.rows, *entries_of(payment)], moved.representation
