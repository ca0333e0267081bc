from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from datetime import datetime
from uuid import UUID

from apps.merchants.selectors.merchant_by_id import merchant_by_id
from apps.orchestration.models import Attempt
from apps.orchestration.rules.owners import Case, Instruction, Lock, OwnerKey, Writes
from apps.payouts.models import Payout
from apps.payouts.rules.payee import payee_msisdn
from apps.payouts.selectors.load_payouts import load_payouts
from apps.payouts.services.settle_payouts import settle_payouts
from apps.payouts.transitions import FINAL
from apps.providers.contract import DisburseRequest, Operation
from apps.providers.models import ProviderAccount


class PayoutOwner:
    """What the engine asks of payouts."""

    owner_type = "payout"
    prefix = "po"
    admin_page = "admin:payouts_payout_change"

    def load(self, ids: Collection[UUID], *, lock: Lock = Lock.NONE) -> Mapping[UUID, Payout]:
        return load_payouts(ids, lock=lock)

    def belongs_to(self, row: Payout) -> Collection[OwnerKey]:
        return ()

    def refusal(self, row: Payout, attempt: Attempt, *, now: datetime) -> str:
        return "no longer wanted" if row.status in FINAL else ""

    def request_for(self, row: Payout, instruction: Instruction) -> DisburseRequest:
        merchant = merchant_by_id(row.merchant_id)
        return DisburseRequest(
            reference=instruction.attempt.reference,
            amount=row.amount,
            currency=row.currency,
            country=row.country,
            payee_msisdn=payee_msisdn(row),
            description=row.description or row.merchant_reference,
            merchant_name=merchant.name,
            callback_url=instruction.callback_url,
            language=merchant.language,
            not_after=instruction.not_after,
        )

    def counterparty(self, row: Payout, attempt: Attempt | None = None) -> str:
        return payee_msisdn(row)

    def collected_reference(self, row: Payout) -> UUID | None:
        return None

    def ways(self, row: Payout) -> Mapping[Operation, UUID | None]:
        return {Operation.DISBURSE: None}

    def went_by(
        self, row: Payout, operation: Operation, account: ProviderAccount
    ) -> tuple[str, ...]:
        row.provider = account.connector
        return ("provider",)

    def settle(self, cases: Sequence[Case], *, now: datetime) -> Writes:
        return settle_payouts(cases, now=now)

    def end_refused(self, ids: Collection[UUID], *, now: datetime) -> None:
        """Nothing: one is refused only after its end."""
