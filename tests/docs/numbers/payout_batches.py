from __future__ import annotations

import hashlib
from datetime import timedelta

from django.conf import settings

from apps.core.tables import cells
from apps.payout_batches.api import batch_input
from apps.payout_batches.rules.compare_names import compare_names
from apps.payout_batches.selectors import describe_batch
from apps.payout_batches.services import (
    check_name,
    forget_rail_names,
    note_duplicates,
    run_batch,
    submit_batch,
)
from apps.payout_batches.services.receive_batch import FILE_BYTES_MAX as BATCH_FILE_BYTES_MAX
from tests.docs.numbers.claim import Claim, days, hours

# Of two names that have nothing in common, and of a name and itself.
SCORES = [compare_names(one, "Awa").score or 0 for one in ("Zoé", "Awa")]

CLAIMS: dict[str, list[Claim]] = {
    "docs/guides/errors.md": [
        ("was decided, or waited {} hours", hours(submit_batch.APPROVAL_PERIOD)),
        ("`invalid_digest` | No {} hexadecimal", 2 * hashlib.sha256().digest_size),
        ("A file has {} MB at most", BATCH_FILE_BYTES_MAX / 1024**2),
    ],
    "docs/guides/operations.md": [
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
        ("pain.001.001.03 or .09, of {} MB at most", BATCH_FILE_BYTES_MAX / 1024**2),
    ],
    "docs/guides/payout-batches.md": [
        (
            "has {} MB at most**, and {} lines. Longer lists, up to {} MB and {} lines,",
            settings.FILES_BODY_BYTES_MAX / 1024**2,
            batch_input.LINES_MAX,
            BATCH_FILE_BYTES_MAX / 1024**2,
            cells.LINES_MAX,
        ),
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
