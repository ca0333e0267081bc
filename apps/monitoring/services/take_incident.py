from __future__ import annotations

from datetime import datetime
from typing import Any
from uuid import UUID

from django.db import transaction

from apps.monitoring.models import Incident, IncidentEntry


@transaction.atomic
def take_incident(*, incident_id: UUID, user: Any, now: datetime) -> bool:
    """Somebody sees to it: nobody is reminded, nothing escalated.

    False if it was taken before, or is over.
    """
    incident = Incident.objects.select_for_update().get(pk=incident_id)
    if incident.acknowledged_at or incident.resolved_at or incident.opened_at is None:
        return False
    incident.acknowledged_at, incident.acknowledged_by = now, user
    incident.remind_at = None
    incident.sequence += 1
    incident.save()
    IncidentEntry.objects.create(
        incident=incident,
        sequence=incident.sequence,
        kind=IncidentEntry.Kind.TAKEN,
        at=now,
        actor=user,
    )
    return True
