from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta

from apps.core.bulk_write import bulk_write
from apps.core.work.outbox import wake_on_commit
from apps.orchestration.rules.order_reference import next_reference
from apps.orchestration.rules.owners import Case, Writes, operation_of
from apps.orchestration.selectors.next_account import RETRY_DELAYS_S
from apps.orchestration.services.open_attempt import TOPIC, open_attempt
from apps.orchestration.services.take_reply import ATTEMPT_FIELDS
from apps.providers.models import ProviderAccount


def try_again(tries: Sequence[tuple[Case, ProviderAccount]], *, now: datetime) -> Writes:
    """Open another attempt of each of these owners at this account, of the operation of the latest,
    whose non-receipt is proved. One statement for all; none for none.

    The new attempts stand among their cases' from here on.
    """
    writes = Writes()
    if not tries:
        return writes
    # The old ones are closed before the new ones open: an owner has one open attempt.
    bulk_write([], {case.attempts[-1]: ATTEMPT_FIELDS for case, _ in tries})
    for case, account in tries:
        delay_s = RETRY_DELAYS_S[len(case.attempts) - 1]
        attempt, birth = open_attempt(
            owner_type=case.owner_type,
            owner=case.row,
            operation=operation_of(case.attempts[-1]),
            account=account,
            source=case.source,
            due_at=now + timedelta(seconds=delay_s),
            now=now,
            reference=next_reference(case.attempts[-1].reference),
        )
        case.attempts.append(attempt)
        writes.inserts += [attempt, birth]
        if case.row.provider != account.connector:
            case.row.provider = account.connector
            writes.update(case.row, ("provider",))
    wake_on_commit(TOPIC)
    return writes
