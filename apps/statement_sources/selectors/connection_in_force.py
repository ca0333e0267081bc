from __future__ import annotations

from uuid import UUID

from apps.approvals.selectors.latest_version import latest_version
from apps.statement_sources.models import SourceConnection


def connection_in_force(source_id: UUID) -> SourceConnection | None:
    """The last one that two people agreed on."""
    return latest_version(SourceConnection.objects.filter(source_id=source_id))
