from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from uuid import UUID

from apps.approvals.models import ApprovalEvidence
from apps.approvals.rules.evidence import CONTENT_CONTEXT, NAME_CONTEXT
from apps.vault.encryption import DecryptionFailed, EncryptionKeyMissing, decrypt
from apps.vault.kept_files import read_content


@dataclass(frozen=True, slots=True)
class Evidence:
    """What is shown of a file. `name` is "" where it does not open any more."""

    name: str
    media_type: str
    size: int
    sha256: bytes


def known_evidence(request_ids: Iterable[UUID]) -> dict[UUID, Evidence]:
    """Of the files that prove the reasons of these requests, by request; one without is not there.
    One query, and nothing of what is in them."""
    rows = ApprovalEvidence.objects.defer("content_encrypted")
    return {row.request_id: _of(row) for row in rows.filter(request__in=list(request_ids))}


def read_evidence(request_id: UUID) -> tuple[Evidence, bytes] | None:
    """The file of a request with what is in it. Raises AttachmentUnreadable."""
    row = ApprovalEvidence.objects.filter(request=request_id).first()
    if row is None:
        return None
    return _of(row), read_content(row, context=CONTENT_CONTEXT)


def _of(row: ApprovalEvidence) -> Evidence:
    try:
        name = decrypt(row.name_encrypted, context=NAME_CONTEXT, row_id=row.pk)
    except (DecryptionFailed, EncryptionKeyMissing):
        name = ""
    return Evidence(name, row.media_type, row.size, bytes(row.sha256))
