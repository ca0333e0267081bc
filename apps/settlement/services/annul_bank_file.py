from __future__ import annotations

import hmac
from collections.abc import Mapping
from datetime import datetime
from typing import Any
from uuid import UUID

from django.db.models import Model

from apps.audit.services.record import record
from apps.core.bulk_write import bulk_write
from apps.orchestration.models import StatusChange
from apps.settlement.models import BankFile, BankFileStatus, Settlement, SettlementStatus
from apps.settlement.rules.refusals import BankFileMoved
from apps.settlement.selectors.bank_file_facts import shown_of_file
from apps.settlement.selectors.lock_bank_file import lock_bank_file
from apps.settlement.transitions import MOVED_FIELDS, move

# Whoever has it may have given it to the bank: two people have to know that nobody did.
FROM = (BankFileStatus.APPROVED, BankFileStatus.DOWNLOADED, BankFileStatus.DELIVERING)


def annul_bank_file(
    payload: Mapping[str, Any],
    *,
    requested_by: str,
    approved_by: str,
    reason: str,
    now: datetime,
) -> BankFile:
    """A file that two people say was never given to the bank is used no more: its settlements wait
    for another.

    Args:
        payload: shown_of_file.

    Raises:
        BankFileMoved: it is not what was shown, at another step, was fetched meanwhile, or is
            being delivered.
    """
    file = lock_bank_file(UUID(payload["file_id"]), *FROM)
    if file.delivery_due_at is not None:
        raise BankFileMoved(file.public_id)
    is_shown = hmac.compare_digest(payload["digest"], bytes(file.digest).hex())
    if not is_shown or payload != shown_of_file(file) or requested_by == approved_by:
        raise BankFileMoved(file.public_id)
    file.status = BankFileStatus.ANNULLED
    file.annulment_asked_by, file.annulled_by = requested_by, approved_by
    file.save(update_fields=["status", "annulment_asked_by", "annulled_by"])
    rows: list[Model] = []
    settlements = list(Settlement.objects.select_for_update().filter(bank_file=file).order_by("id"))
    for settlement in settlements:
        settlement.bank_file = None
        rows += move(
            settlement, SettlementStatus.WAITING, source=StatusChange.Source.STAFF, now=now
        ).rows
    bulk_write(rows, dict.fromkeys(settlements, MOVED_FIELDS))
    record(
        actor=approved_by,
        action="settlement_file.annulled",
        target=file.public_id,
        detail={
            "requested_by": requested_by,
            "reason": reason,
            "settlements": [one.public_id for one in settlements],
        },
        now=now,
    )
    return file
