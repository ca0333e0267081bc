from __future__ import annotations

from apps.statement_sources.models import PgpMode, StatementSource, Way
from apps.statement_sources.selectors.connection_in_force import connection_in_force


def pgp_mode_of(source: StatementSource) -> str:
    """What two people agreed that its files are; what people upload and an API lists is plain."""
    if source.way in (Way.UPLOAD, Way.API):
        return PgpMode.PLAIN
    connection = connection_in_force(source.pk)
    return PgpMode.PLAIN if connection is None else connection.pgp_mode
