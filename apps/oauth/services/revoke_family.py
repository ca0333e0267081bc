from __future__ import annotations

from datetime import datetime
from uuid import UUID

from django.db import transaction

from apps.oauth.models import AccessToken, RefreshToken
from apps.oauth.services.end_dead_grants import end_dead_grants


@transaction.atomic
def revoke_family(*, family: UUID, now: datetime) -> None:
    """End every token that came from one consent, and what was made with it. Safe to repeat."""
    RefreshToken.objects.filter(token_family=family, revoked=None).update(revoked=now)
    AccessToken.objects.filter(token_family=family, revoked_at=None).update(revoked_at=now)
    end_dead_grants(grant_id=family, now=now)
