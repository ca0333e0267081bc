from __future__ import annotations

from datetime import datetime

from django.db import transaction

from apps.audit.services.record import record
from apps.core.errors import DomainError
from apps.vault.key_ring import current_key_ring
from apps.vault.models import KeyCanary


class KeyInUse(DomainError):
    code = "key_in_use"
    status = 409
    title = "This key is on the ring."


@transaction.atomic
def forget_key(*, key_id: str, now: datetime) -> bool:
    """Stop asking every process for a key that was taken off the ring. False if it is unknown.

    Raises:
        KeyInUse: it is still on this process's ring.
    """
    if key_id in current_key_ring().keys:
        raise KeyInUse("Take it out of VAULT_KEYS first.")
    gone, _ = KeyCanary.objects.filter(pk=key_id).exclude(pk="").delete()
    if gone:
        record(actor="system", action="vault_key.forget", target=key_id, now=now)
    return bool(gone)
