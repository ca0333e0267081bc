from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from datetime import datetime
from uuid import UUID

from apps.merchants.selectors.merchant_by_id import merchant_by_id
from apps.orchestration.models import Attempt
from apps.orchestration.rules.owners import Case, Instruction, Lock, OwnerKey, Writes, operation_of
from apps.payments.rules.payer import payer_msisdn
from apps.providers.contract import (
    DisburseRequest,
    FailureCode,
    NotSent,
    Operation,
    OperationRequest,
    RefundRequest,
)
from apps.providers.models import ProviderAccount
from apps.refunds.models import Refund, RefundWay
from apps.refunds.selectors.load_refunds import load_refunds
from apps.refunds.services.settle_refunds import settle_refunds
from apps.refunds.transitions import LIFECYCLE


class RefundOwner:
    """What the engine asks of refunds."""

    owner_type = "refund"
    prefix = "ref"
    admin_page = "admin:refunds_refund_change"

    def load(self, ids: Collection[UUID], *, lock: Lock = Lock.NONE) -> Mapping[UUID, Refund]:
        return load_refunds(ids, lock=lock)

    def belongs_to(self, row: Refund) -> Collection[OwnerKey]:
        return (("payment", row.payment_id),)

    def refusal(self, row: Refund, attempt: Attempt, *, now: datetime) -> str:
        return "no longer wanted" if row.status in LIFECYCLE.final else ""

    def request_for(self, row: Refund, instruction: Instruction) -> OperationRequest:
        payment, attempt = row.payment, instruction.attempt
        if row.collected_by.needs_person:
            # Since the refund was asked for. The merchant may ask again once people have decided.
            raise NotSent(
                "the provider contradicts what it said of the payment",
                failure_code=FailureCode.PROVIDER_DECLINED,
            )
        merchant = merchant_by_id(row.merchant_id)
        # The merchant's reason is for its own books: the payer reads what was paid for.
        description = payment.description or payment.merchant_reference
        if operation_of(attempt) is Operation.REFUND:
            return RefundRequest(
                reference=attempt.reference,
                amount=row.amount,
                currency=row.currency,
                country=payment.country,
                payer_msisdn=payer_msisdn(payment),
                collected_reference=row.collected_by.reference,
                collected_provider_reference=row.collected_by.provider_reference,
                description=description,
                merchant_name=merchant.name,
                callback_url=instruction.callback_url,
                language=merchant.language,
                not_after=instruction.not_after,
            )
        return DisburseRequest(
            reference=attempt.reference,
            amount=row.amount,
            currency=row.currency,
            country=payment.country,
            payee_msisdn=payer_msisdn(payment),
            description=description,
            merchant_name=merchant.name,
            callback_url=instruction.callback_url,
            language=merchant.language,
            not_after=instruction.not_after,
        )

    def counterparty(self, row: Refund, attempt: Attempt | None = None) -> str:
        return payer_msisdn(row.payment)

    def collected_reference(self, row: Refund) -> UUID | None:
        reference: UUID = row.collected_by.reference
        return reference

    def ways(self, row: Refund) -> Mapping[Operation, UUID | None]:
        # The rail's own refund is given where it was collected.
        at: UUID = row.collected_by.provider_account_id
        return {Operation.REFUND: at, Operation.DISBURSE: None}

    def went_by(
        self, row: Refund, operation: Operation, account: ProviderAccount
    ) -> tuple[str, ...]:
        row.way, row.provider = RefundWay(operation.value), account.connector
        return ("way", "provider")

    def settle(self, cases: Sequence[Case], *, now: datetime) -> Writes:
        return settle_refunds(cases, now=now)

    def end_refused(self, ids: Collection[UUID], *, now: datetime) -> None:
        """Nothing: only what is over is refused."""
