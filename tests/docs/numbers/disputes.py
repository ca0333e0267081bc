from __future__ import annotations

from django.conf import settings

from apps.disputes.rules import due_dates, evidence
from apps.disputes.services.import_dispute_file import BYTES_MAX as DISPUTE_FILE_BYTES_MAX
from apps.disputes.services.import_dispute_file import LINES_MAX as DISPUTE_LINES_MAX
from apps.disputes.services.take_evidence_pack import BYTES_MAX as PACK_BYTES_MAX
from tests.docs.numbers.claim import Claim, hours

EVIDENCE_MB = evidence.FILE_BYTES_MAX / 1024**2

CLAIMS: dict[str, list[Claim]] = {
    "docs/guides/disputes.md": [
        (
            "`dispute.evidence_due` {} and {} hours before",
            *[hours(one) for one in due_dates.ALARMS],
        ),
        ("of {} characters each", evidence.TEXT_LENGTH_MAX),
        ("of {} MB at most, {} for each dispute", EVIDENCE_MB, evidence.FILES_MAX),
    ],
    "docs/guides/errors.md": [
        ("A file has more than {} MB", EVIDENCE_MB),
        ("More than {} MB or {} lines", DISPUTE_FILE_BYTES_MAX / 1e6, DISPUTE_LINES_MAX),
        ("pack would have more than {} MB", PACK_BYTES_MAX / 1024**2),
        ("The dispute has {} files", evidence.FILES_MAX),
    ],
    "docs/guides/operations.md": [
        ("reminded {} and {} hours before its date", *[hours(one) for one in due_dates.ALARMS]),
    ],
    "docs/guides/webhooks.md": [
        (
            "Evidence is due at `evidence_due_at`: told {} and {} hours before",
            *[hours(one) for one in due_dates.ALARMS],
        ),
    ],
    "docs/openapi.json": [
        ("a PDF, of {} MB at most", EVIDENCE_MB),
        (
            "Of {} MB together with the rest of the request; {} for each dispute",
            settings.FILES_BODY_BYTES_MAX / 1024**2,
            evidence.FILES_MAX,
        ),
    ],
}
