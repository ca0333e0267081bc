"""What we prove ourselves with at an SFTP server: a key of ours, or the password it gave us.

Kept encrypted, as JSON, in the row that says how the server is reached.
"""

from __future__ import annotations

import json
from typing import Protocol
from uuid import UUID

import asyncssh

from apps.statement_sources.rules.ssh_keys import read_keys
from apps.statement_sources.transports.folder import FolderRefused
from apps.statement_sources.transports.sftp_folder import Reach
from apps.vault.encryption import DecryptionFailed, EncryptionKeyMissing, decrypt


class ServerRow(Protocol):
    pk: UUID
    host: str
    port: int
    username: str
    host_keys: str
    folder: str
    credentials_encrypted: bytes | memoryview | None


def new_key(comment: str) -> tuple[dict[str, str], str]:
    """The credentials with a key of ours, and its public half for the server."""
    key = asyncssh.generate_private_key("ssh-ed25519", comment=comment)
    return (
        {"private_key": key.export_private_key().decode()},
        key.export_public_key().decode().strip(),
    )


def unseal(row: ServerRow, *, context: str) -> dict[str, str]:
    """Raises DecryptionFailed, EncryptionKeyMissing or ValueError."""
    found: dict[str, str] = json.loads(
        decrypt(row.credentials_encrypted or b"", context=context, row_id=row.pk)
    )
    return found


def reach_of(row: ServerRow, *, context: str, archive_folder: str = "") -> Reach:
    """Raises FolderRefused: its credentials cannot be read."""
    try:
        credentials = unseal(row, context=context)
    except (DecryptionFailed, EncryptionKeyMissing, ValueError) as error:
        raise FolderRefused("credentials") from error
    return Reach(
        host=row.host,
        port=row.port,
        username=row.username,
        host_keys=read_keys(row.host_keys, field="host_keys"),
        folder=row.folder,
        archive_folder=archive_folder,
        private_key=credentials.get("private_key", ""),
        password=credentials.get("password", ""),
    )
