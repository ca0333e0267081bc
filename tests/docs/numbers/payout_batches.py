from __future__ import annotations

import hashlib
from datetime import timedelta

from django.conf import settings

from apps.core.tables import cells
from apps.payout_batches.api import batch_input
from apps.payout_batches.rules.compare_names import compare_names
from apps.payout_batches.rules.piece_file import PIECE_BYTES
from apps.payout_batches.selectors import describe_batch
from apps.payout_batches.services import (
    begin_upload,
    check_name,
    forget_rail_names,
    note_duplicates,
    receive_piece,
    run_batch,
    submit_batch,
)
from apps.payout_batches.services.receive_batch import FILE_BYTES_MAX as BATCH_FILE_BYTES_MAX
from tests.docs.numbers.claim import Claim, days, hours

# Of two names that have nothing in common, and of a name and itself.
SCORES = [compare_names(one, "Awa").score or 0 for one in ("Zoé", "Awa")]

BATCH_FILE_MB = BATCH_FILE_BYTES_MAX / 1024**2
PIECE_MB = receive_piece.BYTES_MAX / 1024**2

CLAIMS: dict[str, list[Claim]] = {
    "docs/guides/errors.md": [
        ("was decided, or waited {} hours", hours(submit_batch.APPROVAL_PERIOD)),
        ("`invalid_digest` | No {} hexadecimal", 2 * hashlib.sha256().digest_size),
        ("A file has {} MB at most", BATCH_FILE_MB),
        ("has this id, or its {} days are over", days(begin_upload.KEPT)),
        (
            "{} uploads of this key are open in this mode, or {} of all",
            begin_upload.OPEN_MAX,
            begin_upload.OPEN_OF_MERCHANT_MAX,
        ),
        ("than at a multiple of {} bytes", PIECE_BYTES),
    ],
    "docs/guides/operations.md": [
        ("BatchUpload` | {} days after", days(begin_upload.KEPT)),
        ("a batch or discarded, {} days at most", days(begin_upload.KEPT)),
        (
            "for payees, after {} days",
            days(forget_rail_names.KEPT),
        ),
    ],
    "docs/guides/webhooks.md": [
        ("another person or key has {} hours", hours(submit_batch.APPROVAL_PERIOD)),
        ("Another {} of its payouts has ended", 1 / run_batch.PARTS_TOLD),
    ],
    "docs/openapi.json": [
        ("the rail has, from {} to {}, and", *SCORES),
        ("another key or person has {} hours", hours(submit_batch.APPROVAL_PERIOD)),
        ("pain.001.001.03 or .09, of {} MB at most", BATCH_FILE_MB),
        ("Whatever came stays for {} days", days(begin_upload.KEPT)),
        ("How many bytes it has; {} MB at most", BATCH_FILE_MB),
        (
            "A multiple of {} bytes, but for the last one; {} MB at most",
            PIECE_BYTES,
            PIECE_MB,
        ),
    ],
    "docs/guides/payout-batches.md": [
        (
            "has {} MB at most**, and {} lines. Longer lists, up to {} MB and {} lines,",
            settings.FILES_BODY_BYTES_MAX / 1024**2,
            batch_input.LINES_MAX,
            BATCH_FILE_MB,
            cells.LINES_MAX,
        ),
        ("A file of up to {} MB may come", BATCH_FILE_MB),
        ("where to go on, for {} days", days(begin_upload.KEPT)),
        (
            "a multiple of {} bytes, but for the last one, and has {} MB",
            PIECE_BYTES,
            PIECE_MB,
        ),
        (
            "{} of a key may be open at once, and {} of a merchant",
            begin_upload.OPEN_MAX,
            begin_upload.OPEN_OF_MERCHANT_MAX,
        ),
        ("is forgotten after {} days", days(begin_upload.KEPT)),
        ("of the last {} days", days(note_duplicates.LOOKED_BACK)),
        ("how well they agree, from {} to {}", *SCORES),
        (
            "keeps nobody waiting longer than {} minutes",
            check_name.WAITS_MAX / timedelta(minutes=1),
        ),
        ("else it is not kept | {} days", days(forget_rail_names.KEPT)),
        ("initials | {} days", days(forget_rail_names.KEPT)),
        ("Nobody decides within {} hours", hours(submit_batch.APPROVAL_PERIOD)),
        ("once {} have ended", describe_batch.ENDED_MIN),
    ],
    "docs/guides/states.md": [
        ("approve it within {} hours", hours(submit_batch.APPROVAL_PERIOD)),
    ],
}
