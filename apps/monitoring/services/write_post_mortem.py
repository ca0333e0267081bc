from __future__ import annotations

from datetime import datetime
from typing import Any
from uuid import UUID

from django.db import transaction

from apps.monitoring.models import Incident, IncidentEntry


@transaction.atomic
def write_post_mortem(*, incident_id: UUID, text: str, user: Any, now: datetime) -> None:
    """What happened, why, and what is done so that it does not happen again."""
    incident = Incident.objects.select_for_update().get(pk=incident_id)
    if incident.post_mortem == text:
        return
    incident.post_mortem = text
    incident.sequence += 1
    incident.save(update_fields=["post_mortem", "sequence"])
    IncidentEntry.objects.create(
        incident=incident,
        sequence=incident.sequence,
        kind=IncidentEntry.Kind.NOTE,
        at=now,
        actor=user,
    )
