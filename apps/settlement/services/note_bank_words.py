from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from datetime import datetime

from apps.audit.services.record import record
from apps.core.public_ids import new_id_at
from apps.settlement.models import (
    BankAnswer,
    BankAnswerLine,
    BankAnswerStatus,
    BankFile,
    Contradiction,
    Said,
)
from apps.settlement.rules.contradiction_of import contradiction_of
from apps.settlement.selectors.find_transfers import find_transfers
from apps.settlement.services.stop_paying import stop_paying
from apps.statement_formats.rules.read_pain002 import BankWord


def note_bank_words(
    file: BankFile,
    words: Sequence[BankWord],
    *,
    message_id: str,
    digest: bytes,
    actor: str,
    now: datetime,
) -> BankAnswer:
    """Keep what our bank says of the transfers of a locked file, unbooked. What contradicts our
    books has an owner at once. The same message again is the first one."""
    known = BankAnswer.objects.filter(bank_file=file, digest=digest).first()
    if known is not None:
        return known
    read = BankAnswer(
        id=new_id_at(now),
        bank_file=file,
        message_id=message_id,
        digest=digest,
        created_by=actor,
        created_at=now,
    )
    lines = _lines(read, file, words, now=now)
    is_something = any(one.said != Said.OPEN and not one.contradiction for one in lines)
    read.status = BankAnswerStatus.DRAFT if is_something else BankAnswerStatus.NOTED
    read.save(force_insert=True)
    BankAnswerLine.objects.bulk_create(lines)
    record(
        actor=actor,
        action="settlement_answer.read",
        target=file.public_id,
        detail={"answer": read.public_id, "digest": digest.hex(), "lines": len(lines)},
        now=now,
    )
    stop_paying([one for one in lines if one.contradiction], actor=actor, now=now)
    return read


def _lines(
    read: BankAnswer, file: BankFile, words: Sequence[BankWord], *, now: datetime
) -> list[BankAnswerLine]:
    known = find_transfers(word.end_to_end_id for word in words)
    ends = defaultdict(set)
    for word in words:
        if word.is_paid is not None:
            ends[word.end_to_end_id].add(word.is_paid)
    lines = []
    for word in words:
        settlement = known.get(word.end_to_end_id)
        found: str = contradiction_of(word, settlement, file)
        if not found and len(ends[word.end_to_end_id]) > 1:
            found = Contradiction.SAID_TWICE
        lines.append(
            BankAnswerLine(
                id=new_id_at(now),
                answer=read,
                end_to_end_id=word.end_to_end_id,
                settlement=settlement,
                said=_said(word),
                bank_code=word.reason,
                amount=word.amount,
                currency=word.currency,
                contradiction=found,
                created_at=now,
            )
        )
    return lines


def _said(word: BankWord) -> Said:
    if word.is_paid is None:
        return Said.OPEN
    return Said.PAID if word.is_paid else Said.REJECTED
