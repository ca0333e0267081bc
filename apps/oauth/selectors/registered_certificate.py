from __future__ import annotations

from datetime import datetime
from uuid import UUID

from apps.oauth.models import ClientCertificate


def registered_certificate(
    thumbprint: str, *, merchant_id: UUID, livemode: bool, now: datetime
) -> ClientCertificate | None:
    """The merchant's own certificate with this thumbprint, if it is valid now."""
    return ClientCertificate.objects.filter(
        thumbprint=thumbprint,
        merchant_id=merchant_id,
        livemode=livemode,
        revoked_at=None,
        not_before__lte=now,
        not_after__gt=now,
    ).first()
