from __future__ import annotations

import hmac
from collections.abc import Mapping
from datetime import datetime
from typing import Any
from uuid import UUID

from apps.audit.services.record import record
from apps.settlement.models import BankFile, BankFileStatus
from apps.settlement.rules.refusals import BankFileMoved
from apps.settlement.selectors.bank_file_facts import shown_of_file
from apps.settlement.selectors.check_still_payable import check_still_payable
from apps.settlement.selectors.lock_bank_file import lock_bank_file


def approve_bank_file(
    payload: Mapping[str, Any],
    *,
    requested_by: str,
    approved_by: str,
    reason: str,
    now: datetime,
) -> BankFile:
    """The file that both saw may be downloaded.

    Args:
        payload: shown_of_file.

    Raises:
        BankFileMoved: it is not what was shown, or whoever made it approves.
        BankFileOutdated: it pays somebody who is not to be paid any more.
    """
    file = lock_bank_file(UUID(payload["file_id"]), BankFileStatus.DRAFT)
    is_shown = hmac.compare_digest(payload["digest"], bytes(file.digest).hex())
    if not is_shown or payload != shown_of_file(file) or approved_by == file.created_by:
        raise BankFileMoved(file.public_id)
    check_still_payable(file, now=now)
    file.status, file.approved_by = BankFileStatus.APPROVED, approved_by
    file.save(update_fields=["status", "approved_by"])
    record(
        actor=approved_by,
        action="settlement_file.approved",
        target=file.public_id,
        detail={"digest": payload["digest"], "requested_by": requested_by, "reason": reason},
        now=now,
    )
    return file
