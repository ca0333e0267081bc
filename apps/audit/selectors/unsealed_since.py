from __future__ import annotations

from datetime import datetime, timedelta

from apps.audit.models import AuditEntry

# The chainer comes every ten seconds.
SEALED_WITHIN = timedelta(minutes=1)


def unsealed_since(*, now: datetime) -> datetime | None:
    """When the oldest entry was made that should be sealed and is not; None if all is well."""
    oldest = AuditEntry.objects.filter(position__isnull=True).order_by("id").first()
    if oldest is None or oldest.created_at > now - SEALED_WITHIN:
        return None
    return oldest.created_at
