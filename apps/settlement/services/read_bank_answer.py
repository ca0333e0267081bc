from __future__ import annotations

import hashlib
from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import datetime
from typing import IO
from uuid import UUID

from django.db import transaction

from apps.audit.services.record import record
from apps.core.public_ids import new_id_at
from apps.core.tables.cells import FileRefused
from apps.settlement.models import (
    BankAnswer,
    BankAnswerLine,
    BankAnswerStatus,
    BankFile,
    BankFileStatus,
    Contradiction,
    Said,
    Settlement,
)
from apps.settlement.rules.contradiction_of import contradiction_of
from apps.settlement.rules.refusals import BankAnswerOfAnother, BankAnswerUnreadable
from apps.settlement.rules.write_pain001 import end_to_end_id
from apps.settlement.selectors.lock_bank_file import lock_bank_file
from apps.settlement.services.stop_paying import stop_paying
from apps.statement_formats.rules.read_pain002 import BankMessage, BankWord, read_pain002


@transaction.atomic
def read_bank_answer(*, file_id: UUID, answer: IO[bytes], actor: str, now: datetime) -> BankAnswer:
    """What our bank says of a file (pain.002), line by line, unbooked: two people have to book it
    (apply_bank_answer). What contradicts our books has an owner at once; where money may have left
    twice, nothing more is paid to that merchant until a person has looked. The same message again
    is the first one.

    Raises:
        BankAnswerUnreadable: it is not XML, or no pain.002; nothing of it counts.
        BankAnswerOfAnother: OrgnlMsgId or OrgnlPmtInfId are not this file's.
        BankFileMoved: the bank has not got the file.
    """
    file = lock_bank_file(file_id, BankFileStatus.SENT, BankFileStatus.ANNULLED)
    digest = hashlib.sha256(answer.read()).digest()
    answer.seek(0)
    known = BankAnswer.objects.filter(bank_file=file, digest=digest).first()
    if known is not None:
        return known
    try:
        message = read_pain002(answer)
    except FileRefused as refusal:
        raise BankAnswerUnreadable(refusal.code) from refusal
    ours = end_to_end_id(file.pk)
    if message.of_message != ours or not message.of_payments <= {ours}:
        raise BankAnswerOfAnother(message.of_message)
    read = BankAnswer(
        id=new_id_at(now),
        bank_file=file,
        message_id=message.message_id,
        digest=digest,
        created_by=actor,
        created_at=now,
    )
    lines = _lines(read, file, message, now=now)
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
    read: BankAnswer, file: BankFile, message: BankMessage, *, now: datetime
) -> list[BankAnswerLine]:
    words: Sequence[BankWord] = message.words
    if message.of_all is not None:
        words = [
            replace(message.of_all, end_to_end_id=end_to_end_id(one))
            for one in file.settlements.order_by("id").values_list("pk", flat=True)
        ]
    known = _settlements(words)
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


def _settlements(words: Sequence[BankWord]) -> Mapping[str, Settlement]:
    ids = []
    for word in words:
        try:
            ids.append(UUID(hex=word.end_to_end_id))
        except ValueError:
            # No reference of ours.
            continue
    return {end_to_end_id(pk): one for pk, one in Settlement.objects.in_bulk(ids).items()}


def _said(word: BankWord) -> Said:
    if word.is_paid is None:
        return Said.OPEN
    return Said.PAID if word.is_paid else Said.REJECTED
