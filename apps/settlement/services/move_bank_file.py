from __future__ import annotations

from datetime import datetime
from uuid import UUID

from django.db import transaction
from django.db.models import Model

from apps.audit.services.record import record
from apps.core.bulk_write import bulk_write
from apps.orchestration.models import StatusChange
from apps.settlement.models import BankFile, BankFileStatus, Settlement, SettlementStatus
from apps.settlement.rules.check_reason import check_reason
from apps.settlement.rules.refusals import BankFileMoved
from apps.settlement.selectors.lock_bank_file import lock_bank_file
from apps.settlement.transitions import MOVED_FIELDS, move

# From where a file gets there. Once it is approved, two have to
# annul it: annul_bank_file.
FROM = {
    BankFileStatus.SENT: BankFileStatus.DOWNLOADED,
    BankFileStatus.DISCARDED: BankFileStatus.DRAFT,
}
OF_SETTLEMENTS = {
    BankFileStatus.SENT: SettlementStatus.SENT,
    BankFileStatus.DISCARDED: SettlementStatus.WAITING,
}


@transaction.atomic
def move_bank_file(
    *, file_id: UUID, to: BankFileStatus, reason: str, actor: str, now: datetime
) -> BankFile:
    """The bank has the file, and all its settlements are sent; or it was discarded before it was
    approved, and they wait for another.

    Raises:
        SettlementReasonMissing.
        BankFileMoved: it is at another step.
    """
    reason = check_reason(reason)
    if to not in FROM:
        raise BankFileMoved(to)
    file = lock_bank_file(file_id, FROM[to])
    file.status = to
    if to == BankFileStatus.SENT:
        file.sent_at = now
    file.save(update_fields=["status", "sent_at"])
    rows: list[Model] = []
    settlements = list(Settlement.objects.select_for_update().filter(bank_file=file).order_by("id"))
    for settlement in settlements:
        if to == BankFileStatus.DISCARDED:
            settlement.bank_file = None
        moved = move(settlement, OF_SETTLEMENTS[to], source=StatusChange.Source.STAFF, now=now)
        rows += moved.rows
    bulk_write(rows, dict.fromkeys(settlements, MOVED_FIELDS))
    record(
        actor=actor,
        action=f"settlement_file.{to.value}",
        target=file.public_id,
        detail={"reason": reason, "settlements": len(settlements)},
        now=now,
    )
    return file
