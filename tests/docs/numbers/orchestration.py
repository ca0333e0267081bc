from __future__ import annotations

from django.conf import settings

from apps.orchestration import due_work
from apps.orchestration.services import handle_callback, hold_money_out
from tests.docs.numbers.claim import Claim, days, limiter, seconds

CLAIMS: dict[str, list[Claim]] = {
    "docs/guides/backups.md": [
        ("For {} days whatever goes out", days(hold_money_out.ASK_FIRST_FOR)),
        ("for {} days whatever collects", days(settings.IDEMPOTENCY_KEPT_FOR)),
    ],
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
