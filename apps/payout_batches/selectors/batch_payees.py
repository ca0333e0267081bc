from __future__ import annotations

from collections.abc import Iterator, Mapping
from itertools import islice
from typing import Any
from uuid import UUID

from apps.approvals.models import ApprovalRule
from apps.payout_batches.models import LineStatus, NameResult, PayoutBatch, PayoutBatchLine
from apps.payouts.selectors.last_operators import last_operators

# Read at once, so that a list of any length takes little memory.
CHUNK = 5_000


def batch_payees(payload: Mapping[str, Any]) -> frozenset[str]:
    """What "payout_batch.start" tells the rules of its payees: what any line that is to be sent is.
    One query for each 5,000 lines, and as far as both are found.

    A payee is new whose number this merchant never paid in this mode. It is changed if it was paid,
    and either the last payout that reached it went to another operator, or the operator names
    another person than the list does, whoever confirmed that.
    """
    batch = PayoutBatch.objects.get(pk=UUID(payload["payout_batch_id"]))
    found: set[str] = set()
    for lines in _chunks(batch):
        last = last_operators(
            {index for index, *_ in lines}, merchant_id=batch.merchant_id, livemode=batch.livemode
        )
        for index, operator, result in lines:
            if index not in last:
                found.add(ApprovalRule.Payee.NEW.value)
            elif last[index] != operator or result == NameResult.DIFFERENT:
                found.add(ApprovalRule.Payee.CHANGED.value)
        if len(found) == len(ApprovalRule.Payee):
            break
    return frozenset(found)


def _chunks(batch: PayoutBatch) -> Iterator[list[tuple[bytes, str, str | None]]]:
    ready = PayoutBatchLine.objects.filter(batch=batch, status=LineStatus.READY)
    rows = ready.values_list("payee_msisdn_index", "operator", "name_check__result")
    each = rows.iterator(chunk_size=CHUNK)
    while chunk := list(islice(each, CHUNK)):
        yield [(bytes(index or b""), operator, result) for index, operator, result in chunk]
