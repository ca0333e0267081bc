from __future__ import annotations

from datetime import datetime

from apps.core.public_ids import decode_id
from apps.providers.models import StagedCredentials


def erase_staged(*, target: str, decided_by: str, reason: str, now: datetime) -> None:
    """Nobody has the credentials that were rejected; in the transaction that rejects them."""
    StagedCredentials.objects.filter(account_id=decode_id("pa", target)).delete()
