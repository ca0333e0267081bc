"""The workers' door: it takes one claimed item."""

from __future__ import annotations

from apps.bank_doors.services import deliver_bank_file as delivering
from apps.core.work.leased_rows import LeasedRow


def deliver(item: LeasedRow) -> None:
    """Topic "bank_file.deliver"."""
    delivering.deliver_bank_file(file_id=item.id, leased_until=item.leased_until)
