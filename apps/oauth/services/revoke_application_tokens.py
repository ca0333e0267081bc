from __future__ import annotations

from datetime import datetime
from uuid import UUID

from django.db import transaction

from apps.oauth.models import AccessToken, Grant, RefreshToken
from apps.oauth.services.end_dead_grants import end_dead_grants


@transaction.atomic
def revoke_application_tokens(*, application_id: UUID, now: datetime) -> None:
    """End every token and code of one application, and what it made with them. Safe to repeat."""
    Grant.objects.filter(application=application_id, used_at=None).update(used_at=now)
    RefreshToken.objects.filter(application=application_id, revoked=None).update(revoked=now)
    AccessToken.objects.filter(application=application_id, revoked_at=None).update(revoked_at=now)
    end_dead_grants(application_id=application_id, now=now)
