from __future__ import annotations

import hashlib
import re
from collections.abc import Iterator
from datetime import datetime
from typing import BinaryIO

from django.db import IntegrityError, transaction
from django.utils.translation import gettext_lazy as _

from apps.audit.services.record import record
from apps.core.clean_text import clean_line
from apps.core.errors import DomainError
from apps.core.public_ids import new_id
from apps.core.storable_text import storable_text
from apps.core.work.outbox import wake_on_commit
from apps.disputes.models import DisputeFile, DisputeFileLine
from apps.providers.contract import DisputeRecord, ReadsDisputes, StatementProblem
from apps.providers.models import ProviderAccount
from apps.vault.masked_text import kept_text, mask_text

TOPIC = "dispute.open_from_file"

BYTES_MAX = 5_000_000
LINES_MAX = 10_000
REFERENCE_LENGTH_MAX = 64
AMOUNT_MAX = 2**53
UNREADABLE = "unreadable_line"


class UnreadableDisputeFile(DomainError):
    code = "unreadable_dispute_file"
    status = 422
    title = "Not one line of this file could be read as a dispute."
    staff_words = _("Not one line of this file could be read as a dispute.")


class DisputeFileTooLarge(DomainError):
    code = "dispute_file_too_large"
    status = 422
    title = "A file of disputes has at most 5 MB and 10,000 lines."
    staff_words = _("A file of disputes has at most 5 MB and 10,000 lines.")


def import_dispute_file(
    *,
    provider_account: ProviderAccount,
    file: BinaryIO,
    file_name: str,
    reader: ReadsDisputes,
    actor: str,
    now: datetime,
) -> tuple[DisputeFile, bool]:
    """Keep every line of a provider's file of disputes and promise to open what they tell of.

    The same file again returns the first one, and False. A line that cannot be read is kept, and
    needs a person at once.

    Args:
        file: open for reading bytes, seekable.

    Raises:
        UnreadableDisputeFile: empty, or no line of it can be read. Nothing is kept, so it may come
            again once the account's layout is right.
        DisputeFileTooLarge: nothing is kept.
    """
    digest = _digest(file)
    earlier = DisputeFile.objects.filter(provider_account=provider_account, file_digest=digest)
    if found := earlier.first():
        return found, False
    kept = DisputeFile(
        provider_account=provider_account,
        file_name=kept_text(clean_line(file_name[-200:], 200), 200),
        file_digest=digest,
        created_at=now,
    )
    lines = list(_lines(kept, reader, file, now=now))
    if all(line.problem == UNREADABLE for line in lines):
        first = f"{lines[0].line_number}: {lines[0].problem_detail}" if lines else ""
        raise UnreadableDisputeFile(first, field="file")
    kept.lines_read = len(lines)
    try:
        with transaction.atomic():
            # First, so that another import of the same file waits here for our commit.
            kept.save(force_insert=True)
            DisputeFileLine.objects.bulk_create(lines, batch_size=1_000)
            record(
                actor=actor,
                action="dispute.import_file",
                target=kept.public_id,
                detail={"file": kept.file_name, "lines": kept.lines_read},
                now=now,
            )
            wake_on_commit(TOPIC)
    except IntegrityError:
        # Somebody imported the same file in between.
        if found := earlier.first():
            return found, False
        raise
    return kept, True


def _digest(file: BinaryIO) -> bytes:
    file.seek(0)
    content = file.read(BYTES_MAX + 1)
    file.seek(0)
    if len(content) > BYTES_MAX:
        raise DisputeFileTooLarge("Split it.", field="file")
    return hashlib.sha256(content).digest()


def _lines(
    kept: DisputeFile, reader: ReadsDisputes, file: BinaryIO, *, now: datetime
) -> Iterator[DisputeFileLine]:
    for number, item in enumerate(reader.read_disputes(file), start=1):
        if number > LINES_MAX:
            raise DisputeFileTooLarge("Split it.", field="file")
        problem = item.problem if isinstance(item, StatementProblem) else _unfit(item)
        line = DisputeFileLine(
            id=new_id(), file=kept, line_number=item.line_number, raw=_clean(item.raw, 2_000)
        )
        if problem or isinstance(item, StatementProblem):
            line.status = DisputeFileLine.Status.NEEDS_PERSON
            line.problem = UNREADABLE
            line.problem_detail = _clean(problem, 200)
            yield line
            continue
        line.case = item.case
        line.reference, line.provider_reference = item.reference, item.provider_reference
        line.amount, line.currency = item.amount, item.currency
        line.reason, line.reason_word = item.reason, item.reason_word[:40]
        line.occurred_at, line.evidence_due_at = item.occurred_at, item.evidence_due_at
        line.status = DisputeFileLine.Status.WAITING
        line.due_at = line.tried_from = now
        yield line


def _unfit(item: DisputeRecord) -> str:
    """Why no row can hold it; "" if one can."""
    words = (item.case, item.reference, item.provider_reference)
    if any(len(word) > REFERENCE_LENGTH_MAX for word in words):
        return f"a reference has more than {REFERENCE_LENGTH_MAX} characters"
    if any(word != storable_text(word, 100) for word in (*words, item.reason_word)):
        return "a reference has a character that cannot be stored"
    if not 0 < item.amount <= AMOUNT_MAX:
        return "the amount is out of range"
    return ""


def _clean(text: str, length_max: int) -> str:
    """Without numbers of payers, and without what PostgreSQL cannot store."""
    return mask_text(re.sub(r"\s+", " ", storable_text(text, length_max + 32)))[:length_max]
