from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from datetime import datetime
from uuid import UUID

from apps.ledger.services.post import Booking, post_all
from apps.merchants.selectors.merchant_by_id import merchant_by_id
from apps.orchestration.models import Attempt
from apps.orchestration.rules.owners import Case, Instruction, Lock, OwnerKey, Writes
from apps.payments.models import Payment
from apps.payments.rules.payer import payer_msisdn, payer_page_url
from apps.payments.selectors.load_payments import load_payments
from apps.payments.selectors.was_named_later import was_named_later
from apps.payments.services.expire_payment import expire_payment
from apps.payments.services.next_account import WANTED
from apps.payments.services.settle_payment import PAYMENT_FIELDS, settle_payment
from apps.providers.contract import CollectRequest, Operation
from apps.providers.models import ProviderAccount


class PaymentOwner:
    """What the engine asks of payments."""

    owner_type = "payment"
    prefix = "pay"
    admin_page = "admin:payments_payment_change"

    def load(self, ids: Collection[UUID], *, lock: Lock = Lock.NONE) -> Mapping[UUID, Payment]:
        return load_payments(ids, lock=lock)

    def belongs_to(self, row: Payment) -> Collection[OwnerKey]:
        return ()

    def refusal(self, row: Payment, attempt: Attempt, *, now: datetime) -> str:
        if row.status not in WANTED:
            return "no longer wanted"
        if now >= row.expires_at:
            return "its time was over before it could be sent"
        return ""

    def request_for(self, row: Payment, instruction: Instruction) -> CollectRequest:
        merchant = merchant_by_id(row.merchant_id)
        page = payer_page_url(row.pk)
        return CollectRequest(
            reference=instruction.attempt.reference,
            amount=row.amount,
            currency=row.currency,
            country=row.country,
            payer_msisdn=payer_msisdn(row),
            description=row.description or row.merchant_reference,
            merchant_name=merchant.name,
            callback_url=instruction.callback_url,
            return_url=row.return_url or page,
            cancel_url=row.cancel_url or page,
            language=merchant.language,
            not_after=min(row.expires_at, instruction.not_after),
        )

    def counterparty(self, row: Payment, attempt: Attempt | None = None) -> str:
        if attempt is not None and was_named_later(row, attempt):
            return ""
        return payer_msisdn(row)

    def collected_reference(self, row: Payment) -> UUID | None:
        return None

    def ways(self, row: Payment) -> Mapping[Operation, UUID | None]:
        return {Operation.COLLECT: None}

    def went_by(
        self, row: Payment, operation: Operation, account: ProviderAccount
    ) -> tuple[str, ...]:
        row.provider = account.connector
        return ("provider",)

    def settle(self, cases: Sequence[Case], *, now: datetime) -> Writes:
        writes = Writes()
        bookings: list[Booking] = []
        for case in cases:
            payment: Payment = case.row
            # An expired payment is still asked about, but asks nothing of its payer any more.
            asks_anew = case.next_action not in (None, payment.next_action)
            if asks_anew and payment.completed_at is None:
                payment.next_action = case.next_action
                writes.update(payment, PAYMENT_FIELDS)
            settled, booked = settle_payment(case, now=now)
            writes.add(settled)
            bookings += booked
        writes.inserts += post_all(bookings, now=now)
        return writes

    def end_refused(self, ids: Collection[UUID], *, now: datetime) -> None:
        for payment_id in ids:
            expire_payment(payment_id=payment_id, now=now)
