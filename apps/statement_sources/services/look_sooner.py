from __future__ import annotations

from datetime import datetime
from uuid import UUID

from apps.statement_sources.models import StatementSource
from apps.statement_sources.rules.schedule import MISSING_LOOK


def look_sooner(*, source_id: UUID, now: datetime) -> None:
    """What came of a source is no report: its day is missing again, and looked for as such. A
    source that is being looked at, or soon is, stays as it is."""
    soon = now + MISSING_LOOK
    StatementSource.objects.filter(pk=source_id, is_enabled=True, due_at__gt=soon).update(
        due_at=soon
    )
