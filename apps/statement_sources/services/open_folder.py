from __future__ import annotations

from pathlib import Path

from django.conf import settings

from apps.statement_sources.models import SourceConnection, StatementSource, Way
from apps.statement_sources.rules.contexts import CREDENTIALS_CONTEXT
from apps.statement_sources.transports.drop_in_folder import DropInFolder
from apps.statement_sources.transports.folder import Folder
from apps.statement_sources.transports.sftp_credentials import reach_of
from apps.statement_sources.transports.sftp_folder import SftpFolder


def open_folder(source: StatementSource, connection: SourceConnection) -> Folder:
    """The folder of a source, to be used in a `with` block.

    Raises FolderRefused: its credentials cannot be read.
    """
    if source.way == Way.DROP_IN:
        return DropInFolder(Path(settings.STATEMENT_DROP_IN_DIR), source.login)
    return SftpFolder(
        reach_of(connection, context=CREDENTIALS_CONTEXT, archive_folder=connection.archive_folder)
    )
