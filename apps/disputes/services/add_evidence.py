from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from django.db import transaction

from apps.core.errors import DomainError
from apps.disputes.models import Dispute, EvidenceFile, EvidenceText
from apps.disputes.rules.evidence import FILES_MAX, new_file, new_text, write_text
from apps.disputes.rules.file_type import file_type
from apps.disputes.rules.refusals import refuse_unless_answerable
from apps.disputes.selectors.lock_dispute import lock_dispute


class TooManyEvidenceFiles(DomainError):
    code = "too_many_evidence_files"
    status = 422
    title = "A dispute has at most 10 files."


@dataclass(frozen=True, slots=True)
class NewFile:
    name: str
    content: bytes


@transaction.atomic
def add_evidence(
    *, dispute_id: UUID, texts: Mapping[str, str], files: Sequence[NewFile], now: datetime
) -> Dispute:
    """Keep what a merchant answers with: a text takes the place of the one of its kind, files are
    added. Safe to repeat: the same file is kept once.

    Args:
        texts: by their kind, of rules.evidence.ANSWERS.

    Raises:
        DisputeClosed, EvidenceSubmitted, EvidenceTooLate, EvidenceFileTooLarge,
            EvidenceFileNotTaken, TooManyEvidenceFiles: nothing was kept.
    """
    dispute = lock_dispute(dispute_id)
    refuse_unless_answerable(dispute, now=now)
    known = {row.kind: row for row in EvidenceText.objects.filter(dispute=dispute)}
    for kind, text in texts.items():
        row = known.get(kind)
        if row is None:
            new_text(dispute.pk, kind, text, now=now).save(force_insert=True)
            continue
        write_text(row, text)
        row.changed_at = now
        row.save(update_fields=["text_encrypted", "changed_at"])
    kept = {
        bytes(digest)
        for digest in EvidenceFile.objects.filter(dispute=dispute).values_list("sha256", flat=True)
    }
    for one in files:
        new = new_file(
            dispute.pk,
            name=one.name,
            content=one.content,
            content_type=file_type(one.content),
            now=now,
        )
        digest = bytes(new.sha256)
        if digest in kept:
            continue
        if len(kept) == FILES_MAX:
            raise TooManyEvidenceFiles(f"It has {FILES_MAX} already.", field="files")
        new.save(force_insert=True)
        kept.add(digest)
    return dispute
