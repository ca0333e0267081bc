"""Settlements, and what our bank says of them. Django reads this package."""

from apps.settlement.models.bank_answers import (
    BankAnswer,
    BankAnswerLine,
    BankAnswerStatus,
    Contradiction,
    Said,
)
from apps.settlement.models.settlements import (
    CURRENCIES,
    BankFile,
    BankFileStatus,
    Cadence,
    PaidBy,
    Settlement,
    SettlementCycle,
    SettlementLine,
    SettlementNumber,
    SettlementStatus,
    SettlementTerms,
)

__all__ = [
    "CURRENCIES",
    "BankAnswer",
    "BankAnswerLine",
    "BankAnswerStatus",
    "BankFile",
    "BankFileStatus",
    "Cadence",
    "Contradiction",
    "PaidBy",
    "Said",
    "Settlement",
    "SettlementCycle",
    "SettlementLine",
    "SettlementNumber",
    "SettlementStatus",
    "SettlementTerms",
]
