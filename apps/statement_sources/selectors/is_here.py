from __future__ import annotations

from datetime import date

from apps.statement_sources.models import FileStatus, ReceivedFile, StatementSource
from apps.statement_sources.rules.pgp_problems import PREFIX

# Neither one that is still coming, nor one that a person said is no report.
HERE = (FileStatus.FETCHED, FileStatus.IMPORTED, FileStatus.QUARANTINED)


def is_here(source: StatementSource, day: date) -> bool:
    """Whether a file of this day came. One whose signature is not what was agreed is no report."""
    files = ReceivedFile.objects.filter(source=source, day=day, status__in=HERE)
    return files.exclude(problem__startswith=PREFIX).exists()
