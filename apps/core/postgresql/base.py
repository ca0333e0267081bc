"""The module Django looks for: ENGINE is "apps.core.postgresql"."""

from __future__ import annotations

from datetime import UTC
from typing import Any

from django.db.backends.postgresql import base
from psycopg.adapt import AdaptersMap

from apps.core.postgresql import driver
from apps.core.postgresql.bounded_connection import BoundedConnection
from apps.core.postgresql.schema import DatabaseSchemaEditor
from apps.core.postgresql.utc_loader import UtcLoader


class DatabaseWrapper(base.DatabaseWrapper):
    Database = driver
    SchemaEditorClass = DatabaseSchemaEditor

    def __init__(self, settings_dict: dict[str, Any], *arguments: Any, **named: Any) -> None:
        if pool := settings_dict["OPTIONS"].get("pool"):
            pool["connection_class"] = BoundedConnection
        super().__init__(settings_dict, *arguments, **named)

    def get_connection_params(self) -> dict[str, Any]:
        params: dict[str, Any] = super().get_connection_params()
        if self.timezone == UTC:
            adapters = AdaptersMap(params["context"])
            adapters.register_loader("timestamptz", UtcLoader)
            params["context"] = adapters
        return params
