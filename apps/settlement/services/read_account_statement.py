from __future__ import annotations

import hashlib
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

from django.db import transaction

from apps.core.tables.cells import FileRefused
from apps.providers.contract import Outcome, StatementRecord
from apps.settlement.models import BankAnswer, BankFileStatus, Settlement, SettlementStatus
from apps.settlement.rules.refusals import AccountStatementUnreadable
from apps.settlement.rules.write_pain001 import read_end_to_end_id
from apps.settlement.selectors.find_transfers import find_transfers
from apps.settlement.selectors.lock_bank_file import lock_bank_file
from apps.settlement.selectors.our_account import our_account
from apps.settlement.services.note_bank_words import note_bank_words
from apps.statement_formats.rules.items import PassedOver
from apps.statement_formats.rules.layout import Format, Layout, ReferenceIn
from apps.statement_formats.rules.read_camt import read_camt
from apps.statement_formats.rules.read_pain002 import TEXT_MAX, BankWord

WITH_THE_BANK = (BankFileStatus.SENT, BankFileStatus.ANNULLED)


@dataclass(frozen=True, slots=True)
class StatementRead:
    """`answers`: what came back, as of each of our files. `unknown`: references of money that came
    which look like ours and are none of these. `over`: settlements that ended
    as not paid, or came back before. `unread`: lines that cannot be read."""

    answers: Sequence[BankAnswer]
    unknown: Sequence[str]
    over: Sequence[Settlement]
    unread: int


@transaction.atomic
def read_account_statement(
    *, livemode: bool, currency: str, statement: Any, actor: str, now: datetime
) -> StatementRead:
    """What the statement of our own account (camt.052, .053, .054) says of transfers that came
    back: each is kept as what the bank says of the file that it was in, turned down, unbooked.
    What else the statement has is not looked at. Safe to repeat with the same file.

    Raises:
        BankAccountUnknown: no account of ours pays this currency.
        AccountStatementUnreadable: it is no such message, of another account, or does not add up.
    """
    account = our_account(livemode=livemode, currency=currency).account
    digest = hashlib.sha256(statement.read()).digest()
    statement.seek(0)
    layout = Layout(
        format=Format.CAMT, account_number=account, reference_in=ReferenceIn.END_TO_END_ID
    )
    words: dict[str, list[BankWord]] = {}
    unread = 0
    try:
        for item in read_camt(statement, layout, ZoneInfo(str(UTC))):
            if isinstance(item, StatementRecord):
                for word in _came_back(item):
                    words.setdefault(word.end_to_end_id, []).append(word)
            elif not isinstance(item, PassedOver):
                unread += 1
    except FileRefused as refusal:
        raise AccountStatementUnreadable(refusal.code) from refusal
    known = {
        reference: one
        for reference, one in find_transfers(words).items()
        if _is_of(one, livemode=livemode, currency=currency)
    }
    by_file: dict[UUID, list[BankWord]] = {}
    over = [one for one in known.values() if one.status == SettlementStatus.FAILED]
    for reference, one in known.items():
        if one in over:
            continue
        assert one.bank_file_id is not None  # noqa: S101 (for the type checker)
        # The same word twice is one.
        by_file.setdefault(one.bank_file_id, []).extend(dict.fromkeys(words[reference]))
    answers = [
        note_bank_words(
            lock_bank_file(file_id, *WITH_THE_BANK),
            by_file[file_id],
            message_id="",
            digest=digest,
            actor=actor,
            now=now,
        )
        for file_id in sorted(by_file)
    ]
    return StatementRead(answers, sorted(set(words) - set(known)), over, unread)


def _came_back(item: StatementRecord) -> Iterator[BankWord]:
    """Nothing, or what is said of a transfer by which money came, or the going of it was undone."""
    has_come = item.amount > 0 and item.outcome == Outcome.SUCCEEDED
    is_undone = item.amount < 0 and item.outcome == Outcome.FAILED
    reference = item.reference.replace("-", "").lower()
    if read_end_to_end_id(reference) is not None and (has_come or is_undone):
        yield BankWord(
            reference,
            False,
            reason=item.provider_reference[:TEXT_MAX],
            amount=abs(item.amount),
            currency=item.currency,
        )


def _is_of(one: Settlement, *, livemode: bool, currency: str) -> bool:
    file = one.bank_file
    return (
        file is not None
        and file.status in WITH_THE_BANK
        and (file.livemode, file.currency) == (livemode, currency)
    )
