from __future__ import annotations

from datetime import datetime
from uuid import UUID

from django.db import transaction

from apps.audit.services.record import record
from apps.oauth.models import AccessToken, ClientCertificate


@transaction.atomic
def revoke_certificate(*, certificate_id: UUID, actor: str, now: datetime) -> ClientCertificate:
    """It opens nothing any more, nor do the access tokens bound to it. Safe to repeat."""
    certificate = ClientCertificate.objects.select_for_update().get(pk=certificate_id)
    if certificate.revoked_at is not None:
        return certificate
    certificate.revoked_at = now
    certificate.save(update_fields=["revoked_at"])
    AccessToken.objects.filter(
        application__merchant=certificate.merchant_id,
        thumbprint=certificate.thumbprint,
        revoked_at=None,
    ).update(revoked_at=now)
    record(actor=actor, action="client_certificate.revoke", target=certificate.public_id, now=now)
    return certificate
