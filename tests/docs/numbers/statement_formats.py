from __future__ import annotations

from apps.core.tables import cells
from apps.statement_formats.rules.check_size import FILE_BYTES_MAX as STATEMENT_BYTES_MAX
from apps.statement_formats.rules.read_camt import VERSIONS
from apps.statement_formats.rules.read_items import SHEET_BYTES_MAX
from tests.docs.numbers.claim import Claim

CLAIMS: dict[str, list[Claim]] = {
    "docs/guides/errors.md": [
        ("The file has {} GB or more", STATEMENT_BYTES_MAX / 10**9),
    ],
    "docs/guides/statement-formats.md": [
        ("A file of {} GB or more", STATEMENT_BYTES_MAX / 10**9),
        ("has at most {} MiB and {} lines", SHEET_BYTES_MAX / 2**20, cells.LINES_MAX),
        ("of camt, versions `.{}` to `.{}`", min(VERSIONS), max(VERSIONS)),
        ("numbers from {} where there is no heading", 1),
    ],
}
