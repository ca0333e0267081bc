from __future__ import annotations

from collections.abc import Iterator, Mapping
from itertools import islice
from typing import Any
from uuid import UUID

from apps.approvals.models import ApprovalRule
from apps.payout_batches.models import LineStatus, NameResult, PayoutBatch, PayoutBatchLine
from apps.payout_batches.rules.payee import payee_msisdn_of
from apps.payouts.rules.payee import PAYEE_INDEX
from apps.payouts.selectors.last_operators import last_operators
from apps.vault.blind_index import search_indexes, search_keys

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
            {line.pk: _indexes(line) for line in lines},
            merchant_id=batch.merchant_id,
            livemode=batch.livemode,
        )
        for line in lines:
            if line.pk not in last:
                found.add(ApprovalRule.Payee.NEW.value)
            elif last[line.pk] != line.operator or _is_another_person(line):
                found.add(ApprovalRule.Payee.CHANGED.value)
        if len(found) == len(ApprovalRule.Payee):
            break
    return frozenset(found)


def _indexes(line: PayoutBatchLine) -> list[bytes]:
    """While the keys of what is searched change, its payouts may have the number by any of them."""
    if len(search_keys()) == 1:
        return [bytes(line.payee_msisdn_index or b"")]
    return search_indexes(payee_msisdn_of(line), purpose=PAYEE_INDEX)


def _is_another_person(line: PayoutBatchLine) -> bool:
    check = getattr(line, "name_check", None)
    return check is not None and check.result == NameResult.DIFFERENT


def _chunks(batch: PayoutBatch) -> Iterator[list[PayoutBatchLine]]:
    rows = (
        PayoutBatchLine.objects.filter(batch=batch, status=LineStatus.READY)
        .select_related("name_check")
        .only(*("payee_msisdn_encrypted", "payee_msisdn_index", "operator", "name_check__result"))
    )
    each = rows.iterator(chunk_size=CHUNK)
    while chunk := list(islice(each, CHUNK)):
        yield chunk
