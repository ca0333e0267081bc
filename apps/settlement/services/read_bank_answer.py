from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime
from typing import IO
from uuid import UUID

from django.db import transaction

from apps.core.tables.cells import FileRefused
from apps.settlement.models import (
    BankAnswer,
    BankFileStatus,
)
from apps.settlement.rules.refusals import BankAnswerOfAnother, BankAnswerUnreadable
from apps.settlement.rules.write_pain001 import end_to_end_id
from apps.settlement.selectors.lock_bank_file import lock_bank_file
from apps.settlement.services.note_bank_words import note_bank_words
from apps.statement_formats.rules.read_pain002 import BankWord, read_pain002


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
    try:
        message = read_pain002(answer)
    except FileRefused as refusal:
        raise BankAnswerUnreadable(refusal.code) from refusal
    ours = end_to_end_id(file.pk)
    if message.of_message != ours or not message.of_payments <= {ours}:
        raise BankAnswerOfAnother(message.of_message)
    words: Sequence[BankWord] = message.words
    if message.of_all is not None:
        words = [
            replace(message.of_all, end_to_end_id=end_to_end_id(one))
            for one in file.settlements.order_by("id").values_list("pk", flat=True)
        ]
    return note_bank_words(
        file, words, message_id=message.message_id, digest=digest, actor=actor, now=now
    )
