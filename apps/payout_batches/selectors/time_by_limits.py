from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from uuid import UUID

from django.db import connection

from apps.payout_batches.models import PayoutBatch
from apps.payout_batches.selectors.line_candidates import line_candidates
from apps.providers.selectors.accounts import all_accounts

# Of each rail how many lines are left, and their amount, on the average.
LEFT = """
SELECT batch_id, country, operator, sum(count)::bigint, max(amount / count)
  FROM payout_batches_payoutbatchsum
 WHERE batch_id = ANY(%(batches)s) AND status IN ('ready', 'sent') AND count > 0
 GROUP BY 1, 2, 3
"""


@dataclass(frozen=True, slots=True)
class TimeByLimits:
    """How long what is left of a batch takes at the least.

    Attributes:
        seconds: of the slowest provider account that takes so many orders a minute; None if what
            is left goes by none.
        unlimited: how many lines are left that go by others.
    """

    seconds: float | None
    unlimited: int


def time_by_limits(batches: Iterable[PayoutBatch]) -> dict[UUID, TimeByLimits]:
    """By batch. One query; none, and nothing known, where no account has a limit."""
    limited = {account.pk: account.orders_per_minute for account in all_accounts()}
    by_id = {batch.pk: batch for batch in batches}
    if not by_id or not any(limited.values()):
        return {}
    with connection.cursor() as cursor:
        cursor.execute(LEFT, {"batches": list(by_id)})
        rails = cursor.fetchall()
    left: dict[UUID, Counter[UUID | None]] = {batch_id: Counter() for batch_id in by_id}
    for batch_id, country, operator, count, amount in rails:
        account_id = _first_account(by_id[batch_id], country, operator, amount or 1)
        left[batch_id][account_id if account_id and limited.get(account_id) else None] += count
    return {batch_id: _time(of_account, limited) for batch_id, of_account in left.items()}


def _first_account(batch: PayoutBatch, country: str, operator: str, amount: int) -> UUID | None:
    """Whom routing would choose for such an amount."""
    candidates = line_candidates(batch, country=country, operator=operator, amount=amount)
    return candidates[0].account.pk if candidates and not candidates[0].reason else None


def _time(left: Counter[UUID | None], limits: Mapping[UUID, int | None]) -> TimeByLimits:
    seconds = [
        count * 60 / limit
        for account_id, count in left.items()
        if account_id is not None and (limit := limits[account_id])
    ]
    return TimeByLimits(max(seconds, default=None), left[None])
