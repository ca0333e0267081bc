"""Where providers' reports are got from, how they are reached, and the files that came."""

from apps.statement_sources.models.files import (
    FilePiece,
    FileStatus,
    OpenedFile,
    OpenedPiece,
    ReceivedFile,
)
from apps.statement_sources.models.sources import (
    DAY_OFFSET_MAX,
    SIZE_MAX_MB,
    AfterFetch,
    Completeness,
    PgpMode,
    SourceConnection,
    StatementSource,
    Way,
    early_morning,
    every_day,
    login_of,
)

__all__ = [
    "DAY_OFFSET_MAX",
    "SIZE_MAX_MB",
    "AfterFetch",
    "Completeness",
    "FilePiece",
    "FileStatus",
    "OpenedFile",
    "OpenedPiece",
    "PgpMode",
    "ReceivedFile",
    "SourceConnection",
    "StatementSource",
    "Way",
    "early_morning",
    "every_day",
    "login_of",
]
