from __future__ import annotations

import hashlib
import hmac
from datetime import datetime
from uuid import UUID

from django.db import transaction

from apps.audit.services.record import record
from apps.settlement.models import BankFileStatus
from apps.settlement.rules.contexts import FILE_CONTEXT
from apps.settlement.rules.refusals import BankFileMoved
from apps.settlement.selectors.lock_bank_file import lock_bank_file
from apps.vault.encryption import decrypt


@transaction.atomic
def download_bank_file(*, file_id: UUID, actor: str, now: datetime) -> bytes:
    """The approved file, once: who has it is named. Whoever lost it discards nothing, for the bank
    may have it: a person looks.

    Raises:
        BankFileMoved: not approved, downloaded already, or not what was approved.
    """
    file = lock_bank_file(file_id, status=BankFileStatus.APPROVED)
    content = decrypt(file.content_encrypted, context=FILE_CONTEXT, row_id=file.pk).encode()
    if not hmac.compare_digest(hashlib.sha256(content).digest(), bytes(file.digest)):
        raise BankFileMoved(file.public_id)
    file.status, file.downloaded_by, file.downloaded_at = BankFileStatus.DOWNLOADED, actor, now
    file.save(update_fields=["status", "downloaded_by", "downloaded_at"])
    record(actor=actor, action="settlement_file.download", target=file.public_id, now=now)
    return content
