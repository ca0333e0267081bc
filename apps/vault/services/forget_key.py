from __future__ import annotations

from datetime import datetime

from django.db import transaction

from apps.audit.services.record import record
from apps.core.errors import DomainError
from apps.vault.key_ids import all_key_ids
from apps.vault.models import KeyCanary
from apps.vault.selectors.key_usage import key_usage


class KeyInUse(DomainError):
    code = "key_in_use"
    status = 409
    title = "This key is in use."


@transaction.atomic
def forget_key(*, key_id: str, now: datetime) -> bool:
    """Stop asking every process for a key that was taken off the ring. False if it is unknown.

    Raises:
        KeyInUse: it is still on this process's ring, or columns need it.
    """
    if key_id in all_key_ids():
        raise KeyInUse("Take it out of VAULT_KEYS or VAULT_SEARCH_KEYS first.")
    if columns := key_usage().get(key_id):
        counts = ", ".join(f"{column} {count}" for column, count in sorted(columns.items()))
        raise KeyInUse(f"Put it back and run reencrypt: it is needed by {counts}.")
    gone, _ = KeyCanary.objects.filter(pk=key_id).exclude(pk="").delete()
    if gone:
        record(actor="system", action="vault_key.forget", target=key_id, now=now)
    return bool(gone)
