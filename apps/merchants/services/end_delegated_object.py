from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import datetime
from uuid import UUID

from django.conf import settings
from django.db import transaction
from django.utils.module_loading import import_string

from apps.audit.services.record import record
from apps.merchants.models import DelegatedObject

End = Callable[[UUID, datetime], object]


@transaction.atomic
def end_delegated_object(*, object_id: UUID, now: datetime) -> bool:
    """End what an application made, as its kind ends; False if that was done. Safe to repeat."""
    ended = DelegatedObject.objects.filter(object_id=object_id, ended_at=None)
    if not ended.update(ended_at=now):
        return False
    found = DelegatedObject.objects.get(object_id=object_id)
    # Other apps' services, known by name only.
    ends: Mapping[str, End] = import_string(settings.DELEGATED_OBJECT_ENDS)
    ends[found.kind](object_id, now)
    record(
        actor="system",
        action="delegated_object.end",
        target=f"{found.kind}:{object_id}",
        detail={"application": str(found.application_id), "grant": str(found.grant_id)},
        now=now,
    )
    return True
