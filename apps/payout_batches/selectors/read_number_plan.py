from __future__ import annotations

from datetime import date

from apps.payout_batches.models import PayoutBatch
from apps.payout_batches.rules.read_phone import NumberPlan
from apps.providers.selectors.accounts import all_accounts
from apps.providers.selectors.number_plan import number_plan


def read_number_plan(batch: PayoutBatch, *, on: date) -> NumberPlan:
    """By what the numbers of this batch are read that day. The batch was read with its merchant.
    No query but for what is remembered longer than a second."""
    return NumberPlan(
        default_country=batch.merchant.country,
        countries=frozenset(account.country for account in all_accounts()),
        overrides=number_plan(),
        on=on,
        test_mode=not batch.livemode,
    )
