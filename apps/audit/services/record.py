from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from apps.audit.acts import note
from apps.audit.models import AuditEntry


def record(
    *,
    actor: str,
    action: str,
    target: str = "",
    detail: Mapping[str, Any] | None = None,
    now: datetime,
) -> None:
    """Append one act, within the caller's transaction: what is undone was never done.

    Args:
        actor: "user:<id>", "system", or a credential, "secret_key:<public id>".
        action: object and verb, e.g. "payment.ask_provider".
        target: a public id.
        detail: JSON; no personal data and no secret, for it is never erased.
    """
    AuditEntry.objects.create(
        actor=actor, action=action, target=target, detail=dict(detail or {}), created_at=now
    )
    note(action)
