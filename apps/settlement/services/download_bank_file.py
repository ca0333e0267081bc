from __future__ import annotations

import hashlib
import hmac
from datetime import datetime
from uuid import UUID

from django.db import transaction

from apps.audit.services.record import record
from apps.settlement.models import BankFileStatus
from apps.settlement.rules.contexts import FILE_CONTEXT
from apps.settlement.rules.refusals import BankFileMoved, BankFileOfOthers
from apps.settlement.selectors.check_still_payable import check_still_payable
from apps.settlement.selectors.lock_bank_file import lock_bank_file
from apps.vault.encryption import decrypt


@transaction.atomic
def download_bank_file(*, file_id: UUID, actor: str, now: datetime) -> bytes:
    """The approved file: who has it is named, and each fetch is in the audit trail. Whoever made,
    approved or fetched it may fetch it again, where it was lost on its way: it is the same, byte
    for byte, and its MsgId tells the bank that it is no other.

    Raises:
        BankFileMoved: not approved, at the bank by now, or not what was approved.
        BankFileOfOthers: it was fetched, and not by or for this person.
        BankFileOutdated: it pays somebody who is not to be paid any more.
    """
    file = lock_bank_file(file_id, BankFileStatus.APPROVED, BankFileStatus.DOWNLOADED)
    is_again = file.status == BankFileStatus.DOWNLOADED
    if is_again and actor not in {file.created_by, file.approved_by, file.downloaded_by}:
        raise BankFileOfOthers(file.public_id)
    check_still_payable(file, now=now)
    content = decrypt(file.content_encrypted, context=FILE_CONTEXT, row_id=file.pk).encode()
    if not hmac.compare_digest(hashlib.sha256(content).digest(), bytes(file.digest)):
        raise BankFileMoved(file.public_id)
    file.status, file.downloaded_at = BankFileStatus.DOWNLOADED, now
    file.downloaded_by = file.downloaded_by or actor
    file.save(update_fields=["status", "downloaded_by", "downloaded_at"])
    record(
        actor=actor,
        action="settlement_file.download",
        target=file.public_id,
        detail={"is_again": is_again, "digest": bytes(file.digest).hex()},
        now=now,
    )
    return content
