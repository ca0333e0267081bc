"""Whether what our bank says of a transfer can be, by what we know of it."""

from __future__ import annotations

from apps.settlement.models import BankFile, Contradiction, Settlement, SettlementStatus
from apps.settlement.rules.reasons import RETURNED
from apps.statement_formats.rules.read_pain002 import BankWord


def contradiction_of(
    word: BankWord, settlement: Settlement | None, file: BankFile
) -> Contradiction | str:
    """What is wrong; blank where it can be booked, or says what is booked already."""
    if settlement is None or settlement.bank_file_id != file.pk:
        return Contradiction.NOT_IN_FILE
    if word.amount is not None and (word.amount, word.currency) != (
        settlement.amount,
        settlement.currency,
    ):
        return Contradiction.OTHER_AMOUNT
    return ended_otherwise(settlement, word.is_paid)


def ended_otherwise(settlement: Settlement, is_paid: bool | None) -> Contradiction | str:
    """Whether it has ended here in the other way. What was paid and came back was both."""
    if settlement.reason_code == RETURNED:
        return ""
    if is_paid is True and settlement.status == SettlementStatus.FAILED:
        return Contradiction.PAID_AFTER_REJECTED
    if is_paid is False and settlement.status == SettlementStatus.PAID:
        return Contradiction.REJECTED_AFTER_PAID
    return ""
