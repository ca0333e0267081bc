from __future__ import annotations

from apps.audit.chain import RESTORED
from apps.audit.models import AuditEntry


def read_restores() -> list[AuditEntry]:
    """The entries at which the chain goes on after a restore, oldest first."""
    return list(AuditEntry.objects.filter(action=RESTORED, position__isnull=False).order_by("id"))
