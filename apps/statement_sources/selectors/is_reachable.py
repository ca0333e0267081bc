from __future__ import annotations

from apps.statement_sources.models import StatementSource, Way
from apps.statement_sources.selectors.connection_in_force import connection_in_force


def is_reachable(source: StatementSource) -> bool:
    """Whether it may be looked at: two people agreed on how, or it is asked with the account's own
    credentials, on which they agreed already."""
    return source.way == Way.API or connection_in_force(source.pk) is not None
