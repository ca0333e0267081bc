from __future__ import annotations

from dataclasses import dataclass

from apps.statement_sources.models import StatementSource, Way
from apps.statement_sources.selectors.connection_in_force import connection_in_force


@dataclass(frozen=True, slots=True)
class DropIn:
    """Whom a login lets in, by OpenSSH lines, and how large a file may be, in bytes."""

    keys: str
    size_max: int


def drop_in_keys(login: str) -> DropIn | None:
    """None: there is no such login, or its source is off."""
    source = StatementSource.objects.filter(login=login, way=Way.DROP_IN, is_enabled=True).first()
    connection = connection_in_force(source.pk) if source else None
    if source is None or connection is None:
        return None
    return DropIn(connection.partner_keys, source.size_max)
