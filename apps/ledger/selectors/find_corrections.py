from __future__ import annotations

from uuid import UUID

from apps.ledger.models import Correction


def find_corrections(
    *, of_source_id: UUID | None = None, discrepancy_id: UUID | None = None
) -> list[Correction]:
    """What two people put right of what one source booked, or of a discrepancy, oldest first."""
    found = Correction.objects.select_related("transfer__to_account", "reverses").order_by("id")
    if discrepancy_id is not None:
        found = found.filter(discrepancy_id=discrepancy_id)
    if of_source_id is not None:
        found = found.filter(reverses__source_id=of_source_id)
    return list(found)
