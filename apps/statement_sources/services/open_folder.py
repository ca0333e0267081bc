from __future__ import annotations

import json
from pathlib import Path

from django.conf import settings

from apps.statement_sources.models import SourceConnection, StatementSource, Way
from apps.statement_sources.rules.contexts import CREDENTIALS_CONTEXT
from apps.statement_sources.rules.ssh_keys import read_keys
from apps.statement_sources.transports.drop_in_folder import DropInFolder
from apps.statement_sources.transports.folder import Folder, FolderRefused
from apps.statement_sources.transports.sftp_folder import Reach, SftpFolder
from apps.vault.encryption import DecryptionFailed, EncryptionKeyMissing, decrypt


def open_folder(source: StatementSource, connection: SourceConnection) -> Folder:
    """The folder of a source, to be used in a `with` block.

    Raises FolderRefused: its credentials cannot be read.
    """
    if source.way == Way.DROP_IN:
        return DropInFolder(Path(settings.STATEMENT_DROP_IN_DIR), source.login)
    try:
        credentials = json.loads(
            decrypt(
                connection.credentials_encrypted or b"",
                context=CREDENTIALS_CONTEXT,
                row_id=connection.pk,
            )
        )
    except (DecryptionFailed, EncryptionKeyMissing, ValueError) as error:
        raise FolderRefused("credentials") from error
    return SftpFolder(
        Reach(
            host=connection.host,
            port=connection.port,
            username=connection.username,
            host_keys=read_keys(connection.host_keys, field="host_keys"),
            folder=connection.folder,
            archive_folder=connection.archive_folder,
            private_key=credentials.get("private_key", ""),
            password=credentials.get("password", ""),
        )
    )
