"""The module Django looks for: ENGINE is "apps.core.postgresql"."""

from __future__ import annotations

from typing import Any

from django.db.backends.postgresql import base

from apps.core.postgresql import driver
from apps.core.postgresql.bounded_connection import BoundedConnection
from apps.core.postgresql.schema import DatabaseSchemaEditor


class DatabaseWrapper(base.DatabaseWrapper):
    Database = driver
    SchemaEditorClass = DatabaseSchemaEditor

    def __init__(self, settings_dict: dict[str, Any], *arguments: Any, **named: Any) -> None:
        if pool := settings_dict["OPTIONS"].get("pool"):
            pool["connection_class"] = BoundedConnection
        super().__init__(settings_dict, *arguments, **named)
