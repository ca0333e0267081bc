from __future__ import annotations

from django.conf import settings

from apps.orchestration import due_work
from apps.orchestration.services import handle_callback
from tests.docs.numbers.claim import Claim, limiter, seconds

CLAIMS: dict[str, list[Claim]] = {
    "docs/guides/operations.md": [
        ("| orders of a provider account | {} | {} | {} |", *limiter(due_work.submission_limiter)),
        (
            "| questions to it after a callback | {} | {} | {} |",
            *limiter(handle_callback.callback_limiter),
        ),
        (
            "| questions to it when a check is due | {} | {} | {} |",
            *limiter(due_work.question_limiter),
        ),
        ("*asked about* after {} (`SUBMIT_LEASE_S`)", seconds(settings.SUBMIT_LEASE)),
    ],
}
