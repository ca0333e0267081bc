from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from uuid import UUID

from django.db import transaction
from django.db.models import Model
from django.utils.translation import gettext_lazy as _

from apps.approvals.models import ApprovalRule
from apps.approvals.rules.facts import MAKER, Asked, Facts
from apps.approvals.selectors.demand_of import Demand, demand_of
from apps.core.bulk_write import bulk_write
from apps.core.errors import DomainError
from apps.core.money import Money
from apps.core.public_ids import new_id_at
from apps.core.work.outbox import wake_on_commit
from apps.fees.models import FeeOperation
from apps.fees.rules.choose_line import Charged
from apps.fees.selectors.promise_fee import promise_fee
from apps.ledger.rules.outgoing import REFUND_KINDS, amounts_of
from apps.ledger.services.hold import hold
from apps.merchants.caller import Caller
from apps.merchants.selectors.maker_of import maker_of
from apps.orchestration.models import Attempt, AttemptStatus, StatusChange
from apps.orchestration.rules.order_reference import first_reference
from apps.orchestration.selectors.unused_owner_id import unused_owner_id
from apps.orchestration.services.open_attempt import TOPIC, open_attempt
from apps.orchestration.services.wait_for_approval import Held, wait_for_approval
from apps.payments.selectors.was_named_later import was_named_later
from apps.payments.services.reserve_refund import reserve_refund
from apps.refunds.models import Refund, RefundStatus, RefundWay
from apps.refunds.rules.approvable import SEND, digest_of
from apps.refunds.rules.refund_way import RefundNotPossible
from apps.refunds.selectors.reached_sums import reached_sums
from apps.refunds.services.choose_way import choose_way
from apps.refunds.transitions import move
from apps.webhooks.services import build_event as webhooks


class PaymentContradicted(DomainError):
    code = "payment_contradicted"
    status = 409
    title = "The provider contradicts what it said of this payment."
    staff_words = _(
        "The provider contradicts what it said of this payment. Refund it once people have decided."
    )


@dataclass(frozen=True, slots=True)
class RefundOrder:
    """What a merchant wants to give back, checked for shape. `amount`: None for all that is left.

    `currency`: "" for the payment's.
    """

    amount: int | None = None
    currency: str = ""
    reason: str = ""
    metadata: Mapping[str, str] = field(default_factory=dict)


@transaction.atomic
def create_refund(
    *,
    payment_id: UUID,
    order: RefundOrder,
    source: str,
    now: datetime,
    caller: Caller | None = None,
) -> Refund:
    """Record a refund and its first attempt, set its amount aside in the payment and in the
    merchant's balance, there with its fee, and tell of it.
    One by API that a rule demands approval of waits for that instead, without an attempt.

    The way is the rail's own refund, else a payment to the payer: rules.refund_way.

    Args:
        source: who asks, of StatusChange.Source. What staff make has rules of its own.
        caller: whose key makes it, and does not approve it.

    Raises:
        PaymentNotRefundable, RefundCurrencyDiffers, RefundExceedsPayment, PaymentDisputed,
            PaymentContradicted, AmountOutOfRange, RailClosed, RefundNotPossible, FeeNotConvertible,
            BalanceTooLow: nothing was recorded.
    """
    payment = reserve_refund(payment_id, amount=order.amount, currency=order.currency)
    money = Money(payment.left if order.amount is None else order.amount, payment.currency)
    collected = Attempt.objects.select_related("provider_account").get(
        owner_id=payment.pk, status=AttemptStatus.SUCCEEDED
    )
    if collected.needs_person:
        raise PaymentContradicted(
            "Its provider contradicts what it said before: people find out what was collected."
            " Refund it once they have.",
            field="payment",
        )
    if was_named_later(payment, collected):
        # The payment has the number that was named last, and another one paid.
        raise RefundNotPossible(
            "It was paid by a number that its payer had named before another, and that is not kept."
            " Give it back another way.",
            field="payment",
        )
    operation, account = choose_way(payment, money, collected)
    charged = Charged(
        operation=FeeOperation.REFUND,
        money=money,
        provider=account.connector,
        operator=payment.operator,
        method=payment.method,
        country=payment.country,
    )
    fee = promise_fee(payment.merchant_id, charged, now=now)
    name = caller.request_name if caller is not None else ""
    if source == StatusChange.Source.STAFF:
        # Each is the payment's next one by staff: made again after a restore, it is the same.
        name = f"refund by staff {payment.pk}"
    refund = Refund(
        id=unused_owner_id(name, now=now) if name else new_id_at(now),
        merchant_id=payment.merchant_id,
        livemode=payment.livemode,
        payment=payment,
        collected_by=collected,
        amount=money.amount,
        currency=money.currency,
        way=RefundWay(operation.value),
        provider=account.connector,
        reason=order.reason,
        metadata=dict(order.metadata),
        status="",
        fee=fee.fee.amount,
        fee_tax=fee.fee.tax,
        fee_line_id=fee.line_id,
        created_at=now,
    )
    held = hold(
        REFUND_KINDS.amount.held,
        money,
        merchant_id=payment.merchant_id,
        source_id=refund.pk,
        livemode=payment.livemode,
        now=now,
        beside=amounts_of(refund, REFUND_KINDS, "held"),
        fees=refund.fee + refund.fee_tax,
    )
    demand = (
        demand_of(SEND, lambda asked: _facts(refund, asked, caller))
        if source == StatusChange.Source.API
        else None
    )
    if demand is not None:
        bulk_write([*held, *_wait(refund, demand, caller, now=now)])
        wake_on_commit(webhooks.TOPIC)
        return refund
    moved = move(refund, RefundStatus.PENDING, source=source, now=now)
    attempt, birth = open_attempt(
        owner_type="refund",
        owner=refund,
        operation=operation,
        account=account,
        source=source,
        due_at=now,
        now=now,
        reference=first_reference(refund.pk),
    )
    bulk_write([refund, attempt, birth, *moved.rows, *held])
    wake_on_commit(TOPIC, webhooks.TOPIC)
    return refund


def _facts(refund: Refund, asked: Asked, caller: Caller | None) -> Facts:
    """What "refund.send" tells the rules."""
    return Facts(
        amount=refund.amount,
        currency=refund.currency,
        rails=frozenset({refund.operator}),
        how=ApprovalRule.How.API,
        makers=frozenset({maker_of(caller)}) if caller and MAKER in asked.names else frozenset(),
        sums=reached_sums(refund, asked.sums),
    )


def _wait(refund: Refund, demand: Demand, caller: Caller | None, *, now: datetime) -> list[Model]:
    """The rows of a refund that waits for approval, unsaved; what it waits for is written."""
    approval = wait_for_approval(
        Held(
            action=SEND,
            target=refund.public_id,
            merchant_id=refund.merchant_id,
            livemode=refund.livemode,
            money=Money(refund.amount + refund.fee + refund.fee_tax, refund.currency),
            digest=digest_of(refund),
            payload={"refund_id": str(refund.pk)},
            made_by=maker_of(caller) if caller else "system",
        ),
        demand,
        now=now,
    )
    refund.approval_id = approval.pk
    moved = move(refund, RefundStatus.NEEDS_APPROVAL, source=StatusChange.Source.API, now=now)
    return [refund, *moved.rows]
