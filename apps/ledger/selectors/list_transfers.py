from __future__ import annotations

from uuid import UUID

from apps.ledger.models import Transfer


def list_transfers(*, source_id: UUID) -> list[Transfer]:
    """The transfers that book one payment, oldest first, with their accounts. One query."""
    return list(
        Transfer.objects.filter(source_id=source_id)
        .select_related("from_account", "to_account")
        .order_by("id")
    )
