from __future__ import annotations

from collections.abc import Collection
from datetime import datetime
from uuid import UUID

from apps.merchants.caller import Caller
from apps.merchants.models import DelegatedObject


def delegate_object(
    *,
    caller: Caller,
    kind: DelegatedObject.Kind,
    object_id: UUID,
    scopes: Collection[str],
    now: datetime,
) -> None:
    """Keep that an application made this, so that it ends with the consent; within the caller's
    transaction. What a merchant's own program makes is its own.

    Safe to repeat: the application's latest consent counts.

    Args:
        scopes: what the object may do, or what it is sent.
    """
    if caller.application_id is None or caller.grant_id is None:
        return
    DelegatedObject.objects.update_or_create(
        object_id=object_id,
        defaults={
            "kind": kind,
            "application_id": caller.application_id,
            "grant_id": caller.grant_id,
            "scopes": sorted(scopes),
            "created_at": now,
            "ended_at": None,
        },
    )
