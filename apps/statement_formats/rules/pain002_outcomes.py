"""A bank's status report as a statement: what became of the transfers that it names.

It fits where the bank repeats each transfer's amount: an outcome without one is compared with no
order of ours. Only what is final counts.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import BinaryIO
from zoneinfo import ZoneInfo

from apps.core.tables.cells import CellRefused
from apps.providers.contract import Operation, Outcome, StatementRecord
from apps.statement_formats.rules.bank_amounts import moment
from apps.statement_formats.rules.camt_texts import NO_REFERENCES
from apps.statement_formats.rules.items import NOT_FINAL, Item, PassedOver
from apps.statement_formats.rules.layout import Layout
from apps.statement_formats.rules.read_pain002 import BankMessage, BankWord, read_pain002
from apps.statement_formats.rules.sentences import refused


def pain002_outcomes(file: BinaryIO, layout: Layout, zone: ZoneInfo) -> Iterator[Item]:
    """Each transfer with its outcome. Raises FileRefused, as read_pain002 does."""
    message = read_pain002(file)
    words = [message.of_all] if message.of_all else message.words
    for number, word in enumerate(words, 1):
        yield _item(number, word, message, layout, zone)


def _item(
    number: int, word: BankWord, message: BankMessage, layout: Layout, zone: ZoneInfo
) -> Item:
    raw = f"{word.end_to_end_id} {word.is_paid} {word.reason} {word.amount} {word.currency}"
    if word.is_paid is None:
        return PassedOver(number, NOT_FINAL, raw)
    try:
        if word.end_to_end_id.upper() in NO_REFERENCES:
            raise CellRefused("id_missing")
        if word.amount is None:
            raise CellRefused("amount_not_said")
        if word.amount <= 0:
            raise CellRefused("amount_not_a_number")
        return StatementRecord(
            line_number=number,
            reference=word.end_to_end_id,
            provider_reference="",
            amount=word.amount,
            fee=0,
            currency=word.currency,
            outcome=Outcome.SUCCEEDED if word.is_paid else Outcome.FAILED,
            occurred_at=moment(message.created, zone),
            raw=raw,
            kind=Operation(layout.operation_out or Operation.DISBURSE),
        )
    except CellRefused as why:
        return refused(number, raw, why)
