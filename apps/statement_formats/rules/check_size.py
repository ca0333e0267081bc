from __future__ import annotations

import os
from typing import BinaryIO

from django.utils.translation import gettext as _

from apps.core.errors import DomainError

# Ten million lines and more; what is larger is no day of one account.
FILE_BYTES_MAX = 2_000_000_000
GIGABYTE = 1_000_000_000


class StatementTooLarge(DomainError):
    code = "statement_too_large"
    status = 413
    title = "The file is too large for a statement."


def check_size(file: BinaryIO) -> None:
    """Not a byte of the file is read. Raises StatementTooLarge."""
    if file.seek(0, os.SEEK_END) >= FILE_BYTES_MAX:
        largest = FILE_BYTES_MAX // GIGABYTE
        text = _("The file is too large: less than %(largest)s GB is read.")
        raise StatementTooLarge(text % {"largest": largest}, field="file")
    file.seek(0)
