from __future__ import annotations

from dataclasses import dataclass
from uuid import UUID

from apps.ledger.models import Correction, Transfer, TransferKind

WRITE_OFFS = (TransferKind.LOSS_WRITTEN_OFF, TransferKind.GAIN_WRITTEN_OFF)


@dataclass(frozen=True, slots=True)
class BookedDiscrepancy:
    """`is_reversal`: the transfer took back the one that had booked it."""

    id: UUID
    is_reversal: bool


def booked_discrepancy(*, transfer_id: UUID) -> BookedDiscrepancy | None:
    """The discrepancy that was written off, or corrected, with this transfer; None: it is of none,
    or there is no such transfer."""
    transfer = Transfer.objects.filter(pk=transfer_id).first()
    if transfer is None:
        return None
    correction = Correction.objects.filter(transfer=transfer).select_related("reverses").first()
    if correction is not None and correction.reverses is not None:
        of_original = booked_discrepancy(transfer_id=correction.reverses.pk)
        return BookedDiscrepancy(of_original.id, is_reversal=True) if of_original else None
    if transfer.kind in WRITE_OFFS:
        return BookedDiscrepancy(transfer.source_id, is_reversal=False)
    if correction is None or correction.discrepancy_id is None:
        return None
    return BookedDiscrepancy(correction.discrepancy_id, is_reversal=False)
