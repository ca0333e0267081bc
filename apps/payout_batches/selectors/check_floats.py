from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

from apps.floats.selectors.payable_now import payable_now
from apps.payout_batches.models import PayoutBatch
from apps.payout_batches.rules.funds import ENOUGH, SHORT, UNKNOWN
from apps.payout_batches.selectors.line_candidates import line_candidates


def check_floats(
    batch: PayoutBatch, rails: Sequence[dict[str, Any]], *, now: datetime
) -> list[dict[str, Any]]:
    """What is to be sent, as sum_rails gives it, and whether the provider account that routing
    would choose holds as much just now: `funds` is one of FUNDS.

    Operators that go by one account are added up. One query; nothing is promised by it, for
    accounts are filled up and others pay from them too.
    """
    accounts = [_first_account(batch, row) for row in rails]
    needed: Counter[UUID | None] = Counter()
    for account_id, row in zip(accounts, rails, strict=True):
        needed[account_id] += row["amount"]
    held = payable_now([one for one in needed if one is not None], now=now) if needed else {}

    def funds(account_id: UUID | None) -> str:
        if account_id is None or account_id not in held:
            return UNKNOWN
        return ENOUGH if held[account_id] >= needed[account_id] else SHORT

    return [
        {**row, "funds": funds(account_id)} for account_id, row in zip(accounts, rails, strict=True)
    ]


def _first_account(batch: PayoutBatch, row: dict[str, Any]) -> UUID | None:
    """By the average amount of a line."""
    candidates = line_candidates(
        batch,
        country=row["country"],
        operator=row["operator"],
        amount=max(row["amount"] // row["count"], 1),
    )
    return candidates[0].account.pk if candidates and not candidates[0].reason else None
