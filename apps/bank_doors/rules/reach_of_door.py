from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from apps.core.errors import DomainError
from apps.statement_sources.rules.ssh_keys import read_keys
from apps.statement_sources.transports.folder import FolderRefused
from apps.statement_sources.transports.sftp_folder import Reach

PORT = 22


def reach_of_door(door: Mapping[str, Any]) -> Reach:
    """How the server of a door in settings.SETTLEMENT_DOORS is reached. Raises FolderRefused: it
    does not say so."""
    try:
        return Reach(
            host=str(door["host"]),
            port=int(door.get("port", PORT)),
            username=str(door["username"]),
            host_keys=read_keys(str(door["host_keys"]), field="host_keys"),
            folder=str(door.get("folder", "")),
            private_key=str(door.get("private_key", "")),
            password=str(door.get("password", "")),
        )
    except DomainError as error:
        raise FolderRefused("host_key") from error
    except (KeyError, ValueError, TypeError) as error:
        raise FolderRefused("credentials") from error


def shown_place(reach: Reach) -> str:
    """Where a file was put, for the audit trail."""
    return f"{reach.username}@{reach.host}:{reach.port}/{reach.folder.strip('/')}"
