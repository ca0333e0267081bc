from __future__ import annotations

from datetime import datetime
from uuid import UUID

from django.db import transaction

from apps.audit.services.record import record
from apps.oauth.models import AccessToken
from apps.oauth.services.revoke_family import revoke_family


@transaction.atomic
def revoke_access_token(*, access_token_id: UUID, actor: str, now: datetime) -> None:
    """End one access token, and every token of the same consent. Safe to repeat."""
    token = AccessToken.objects.select_for_update().get(pk=access_token_id)
    if token.revoked_at is not None:
        return
    token.revoked_at = now
    token.save(update_fields=["revoked_at"])
    if token.token_family is not None:
        revoke_family(family=token.token_family, now=now)
    record(actor=actor, action="access_token.revoke", target=token.public_id, now=now)
