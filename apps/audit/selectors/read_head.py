from __future__ import annotations

from apps.audit.chain import Anchor
from apps.audit.models import AuditEntry


def read_head() -> Anchor | None:
    """The newest link; None while nothing is chained."""
    last = AuditEntry.objects.filter(position__isnull=False).order_by("-position").first()
    if last is None or last.position is None or last.chain_hash is None:
        return None
    return Anchor(last.position, bytes(last.chain_hash))
