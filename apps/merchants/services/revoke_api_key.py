from __future__ import annotations

from datetime import datetime
from uuid import UUID

from django.db import transaction

from apps.audit.services.record import record
from apps.merchants.models import ApiKey


@transaction.atomic
def revoke_api_key(*, api_key_id: UUID, actor: str, now: datetime) -> None:
    """The key stops working within a second, on every process. Safe to repeat."""
    api_key = ApiKey.objects.select_for_update().get(pk=api_key_id)
    if api_key.revoked_at is None:
        api_key.revoked_at = now
        api_key.save(update_fields=["revoked_at"])
        record(actor=actor, action="api_key.revoke", target=api_key.prefix, now=now)
