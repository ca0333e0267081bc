from __future__ import annotations

from datetime import datetime, timedelta
from uuid import UUID

from django.db import transaction

from apps.vault.encryption import encrypt
from apps.webhooks.models import Endpoint
from apps.webhooks.services.announce_endpoint import announce_endpoint
from apps.webhooks.services.deliver_webhook import SECRET_CONTEXT
from apps.webhooks.signing import new_secret


@transaction.atomic
def rotate_secret(
    *, endpoint_id: UUID, overlap: timedelta, actor: str, now: datetime
) -> tuple[Endpoint, str]:
    """Give an endpoint a new signing secret, shown this once; until the overlap is over the one
    before signs too. One older still ends at once."""
    endpoint = Endpoint.objects.select_for_update(no_key=True).get(pk=endpoint_id)
    # Encrypted under the same row and context, the bytes may move.
    endpoint.previous_secret_encrypted = endpoint.secret_encrypted if overlap else None
    endpoint.previous_secret_until = now + overlap if overlap else None
    secret = new_secret()
    endpoint.secret_encrypted = encrypt(secret, context=SECRET_CONTEXT, row_id=endpoint_id)
    endpoint.save(
        update_fields=["secret_encrypted", "previous_secret_encrypted", "previous_secret_until"]
    )
    announce_endpoint(endpoint, change="secret_rotated", actor=actor, now=now)
    return endpoint, secret
