from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from django.db import transaction
from django.db.models import Model

from apps.audit.services.record import record
from apps.core.bulk_write import bulk_write
from apps.core.work.counted_failures import FAILURE_FIELDS
from apps.orchestration.models import StatusChange
from apps.settlement.models import BankFile, BankFileStatus, Settlement, SettlementStatus
from apps.settlement.rules.check_reason import check_reason
from apps.settlement.rules.refusals import BankFileMoved
from apps.settlement.selectors.lock_bank_file import lock_bank_file
from apps.settlement.transitions import MOVED_FIELDS, move

# From where a file gets there. Once it is approved, two have to
# annul it: annul_bank_file.
FROM = {
    BankFileStatus.SENT: (BankFileStatus.DOWNLOADED, BankFileStatus.DELIVERING),
    BankFileStatus.DISCARDED: (BankFileStatus.DRAFT,),
}
OF_SETTLEMENTS = {
    BankFileStatus.SENT: SettlementStatus.SENT,
    BankFileStatus.DISCARDED: SettlementStatus.WAITING,
}


@dataclass(frozen=True, slots=True)
class Delivery:
    """`leased_until`: what `delivery_due_at` is as long as it is this worker's. `to`: where the
    file was put."""

    leased_until: datetime
    to: str


@transaction.atomic
def move_bank_file(
    *,
    file_id: UUID,
    to: BankFileStatus,
    reason: str,
    actor: str,
    now: datetime,
    delivery: Delivery | None = None,
) -> BankFile:
    """The bank has the file, and all its settlements are sent; or it was discarded before it was
    approved, and they wait for another.

    Args:
        delivery: of the worker that has put it at the bank's door; None: a person says so, of a
            file that no worker delivers.

    Raises:
        SettlementReasonMissing.
        BankFileMoved: it is at another step.
    """
    reason = check_reason(reason)
    if to not in FROM:
        raise BankFileMoved(to)
    file = lock_bank_file(file_id, *FROM[to])
    if file.delivery_due_at != (delivery.leased_until if delivery else None):
        raise BankFileMoved(file.public_id)
    file.status, file.delivery_due_at = to, None
    if to == BankFileStatus.SENT:
        file.sent_at = now
        file.delivered_to = delivery.to if delivery else ""
    file.forget_failures()
    file.save(
        update_fields=["status", "sent_at", "delivery_due_at", "delivered_to", *FAILURE_FIELDS]
    )
    source = StatusChange.Source.WORKER if delivery else StatusChange.Source.STAFF
    rows: list[Model] = []
    settlements = list(Settlement.objects.select_for_update().filter(bank_file=file).order_by("id"))
    for settlement in settlements:
        if to == BankFileStatus.DISCARDED:
            settlement.bank_file = None
        moved = move(settlement, OF_SETTLEMENTS[to], source=source, now=now)
        rows += moved.rows
    bulk_write(rows, dict.fromkeys(settlements, MOVED_FIELDS))
    record(
        actor=actor,
        action=f"settlement_file.{to.value}",
        target=file.public_id,
        detail={
            "reason": reason,
            "settlements": len(settlements),
            **({"delivered_to": delivery.to} if delivery else {}),
        },
        now=now,
    )
    return file
