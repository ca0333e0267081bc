from __future__ import annotations

from uuid import UUID

from apps.settlement.models import BankFile
from apps.settlement.rules.refusals import BankFileMoved


def lock_bank_file(file_id: UUID, *statuses: str) -> BankFile:
    """Locked, at one of these steps. Raises BankFileMoved."""
    file = BankFile.objects.select_for_update().filter(pk=file_id).first()
    if file is None or file.status not in statuses:
        raise BankFileMoved(file.status if file else "")
    return file
