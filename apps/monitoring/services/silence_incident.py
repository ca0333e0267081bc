from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from django.db import transaction

from apps.monitoring.models import Incident, IncidentEntry


@transaction.atomic
def silence_incident(*, incident_id: UUID, lasting: timedelta, user: Any, now: datetime) -> bool:
    """Nobody is told anything of it for so long; the timeline goes on. False if it is over."""
    incident = Incident.objects.select_for_update().get(pk=incident_id)
    if incident.resolved_at or incident.opened_at is None:
        return False
    incident.silenced_until = now + lasting
    incident.sequence += 1
    incident.save(update_fields=["silenced_until", "sequence"])
    IncidentEntry.objects.create(
        incident=incident,
        sequence=incident.sequence,
        kind=IncidentEntry.Kind.SILENCED,
        at=now,
        actor=user,
        text=incident.silenced_until.isoformat(),
    )
    return True
