from __future__ import annotations

from datetime import datetime
from uuid import UUID

from django.db import transaction

from apps.audit.services.record import record
from apps.core.work.counted_failures import FAILURE_FIELDS
from apps.settlement.models import BankFile, BankFileStatus
from apps.settlement.rules.refusals import BankFileMoved
from apps.settlement.selectors.bank_door import bank_door
from apps.settlement.selectors.check_still_payable import check_still_payable
from apps.settlement.selectors.lock_bank_file import lock_bank_file


@transaction.atomic
def order_delivery(*, file_id: UUID, actor: str, now: datetime) -> BankFile:
    """Have the approved file put at our bank's door by a worker: nobody fetches it meanwhile. One
    whose delivery stands still is tried again, unless the bank may have it.

    Raises:
        BankFileMoved: not approved, in somebody's hands, or at the bank.
        BankFileOutdated: it pays somebody who is not to be paid any more.
        BankDoorUnknown.
    """
    file = lock_bank_file(file_id, BankFileStatus.APPROVED, BankFileStatus.DELIVERING)
    is_again = file.status == BankFileStatus.DELIVERING
    if is_again and (file.delivery_due_at is not None or file.handed_at is not None):
        raise BankFileMoved(file.public_id)
    bank_door(livemode=file.livemode, currency=file.currency)
    check_still_payable(file, now=now)
    file.status, file.downloaded_by, file.delivery_due_at = BankFileStatus.DELIVERING, actor, now
    file.forget_failures()
    file.save(update_fields=["status", "downloaded_by", "delivery_due_at", *FAILURE_FIELDS])
    record(
        actor=actor,
        action="settlement_file.deliver",
        target=file.public_id,
        detail={"is_again": is_again, "digest": bytes(file.digest).hex()},
        now=now,
    )
    return file
