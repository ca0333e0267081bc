from __future__ import annotations

from datetime import datetime
from uuid import UUID

from django.db import transaction

from apps.audit.services.record import record
from apps.core.work.counted_failures import FAILURE_FIELDS
from apps.settlement.models import BankFile, BankFileStatus
from apps.settlement.rules.check_reason import check_reason
from apps.settlement.selectors.lock_bank_file import lock_bank_file


@transaction.atomic
def stop_delivery(*, file_id: UUID, reason: str, actor: str, now: datetime) -> BankFile:
    """No worker delivers it any more. It is approved and in nobody's hands again, unless the bank
    may have it: then a person says that the bank has it, or two annul it.

    Raises:
        SettlementReasonMissing.
        BankFileMoved: it is at the bank, or nobody delivers it.
    """
    reason = check_reason(reason)
    file = lock_bank_file(file_id, BankFileStatus.DELIVERING)
    file.delivery_due_at = None
    if file.handed_at is None:
        file.status, file.downloaded_by = BankFileStatus.APPROVED, ""
        file.forget_failures()
    file.save(update_fields=["status", "downloaded_by", "delivery_due_at", *FAILURE_FIELDS])
    record(
        actor=actor,
        action="settlement_file.stop_delivery",
        target=file.public_id,
        detail={"reason": reason, "may_be_at_bank": file.handed_at is not None},
        now=now,
    )
    return file
