from __future__ import annotations

from apps.core.money import Money
from apps.payout_batches.models import PayoutBatch
from apps.providers.contract import Operation
from apps.providers.selectors.accounts import accounts_of
from apps.routing.rules.candidates import Candidate, find_candidates


def line_candidates(
    batch: PayoutBatch, *, country: str, operator: str, amount: int
) -> list[Candidate]:
    """Who could send such a line of the batch, the usable ones first and best first. No query but
    for accounts remembered longer than a second.

    Args:
        amount: in minor units of the batch's currency.
    """
    return find_candidates(
        accounts=accounts_of(batch.merchant_id, livemode=batch.livemode),
        merchant_id=batch.merchant_id,
        livemode=batch.livemode,
        country=country,
        operator=operator,
        money=Money(amount, batch.currency),
        operation=Operation.DISBURSE,
    )
