from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from uuid import UUID

from apps.approvals.models import ApprovalEvidence
from apps.approvals.rules.evidence import AnyEvidence, content_context, name_context
from apps.vault.encryption import DecryptionFailed, EncryptionKeyMissing, decrypt
from apps.vault.kept_files import read_content


@dataclass(frozen=True, slots=True)
class Evidence:
    """What is shown of a file. `name` is "" where it does not open any more."""

    name: str
    media_type: str
    size: int
    sha256: bytes


def known_evidence(
    request_ids: Iterable[UUID], *, of: type[AnyEvidence] = ApprovalEvidence
) -> dict[UUID, Evidence]:
    """Of the files that prove why these were asked for, or `of` why they were rejected, by request;
    one without is not there. One query, and nothing of what is in them."""
    rows = of.objects.defer("content_encrypted")
    return {row.request_id: _of(row) for row in rows.filter(request__in=list(request_ids))}


def read_evidence(
    request_id: UUID, *, of: type[AnyEvidence] = ApprovalEvidence
) -> tuple[Evidence, bytes] | None:
    """The file of a request with what is in it. Raises AttachmentUnreadable."""
    row = of.objects.filter(request=request_id).first()
    if row is None:
        return None
    return _of(row), read_content(row, context=content_context(of))


def _of(row: AnyEvidence) -> Evidence:
    try:
        name = decrypt(row.name_encrypted, context=name_context(type(row)), row_id=row.pk)
    except (DecryptionFailed, EncryptionKeyMissing):
        name = ""
    return Evidence(name, row.media_type, row.size, bytes(row.sha256))
