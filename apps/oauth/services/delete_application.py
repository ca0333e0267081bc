from __future__ import annotations

from datetime import datetime
from uuid import UUID

from django.db import transaction

from apps.audit.services.record import record
from apps.oauth.models import Application
from apps.oauth.services.revoke_application_tokens import revoke_application_tokens


@transaction.atomic
def delete_application(*, application_id: UUID, actor: str, now: datetime) -> None:
    """End it and all its tokens, for every merchant. The row stays, for what it did is told by it.

    Safe to repeat.
    """
    application = Application.objects.select_for_update().get(pk=application_id)
    if application.deleted_at is not None:
        return
    application.deleted_at = now
    application.is_active = False
    application.save(update_fields=["deleted_at", "is_active"])
    revoke_application_tokens(application_id=application.pk, now=now)
    record(actor=actor, action="oauth_application.delete", target=application.public_id, now=now)
