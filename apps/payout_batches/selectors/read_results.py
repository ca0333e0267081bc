from __future__ import annotations

from collections.abc import Iterator

from apps.payout_batches.models import PayoutBatch, PayoutBatchLine

PAGE = 2_000
# No number and no name is opened for it.
SHOWN = (
    *("number", "status", "amount", "country", "operator", "payee_msisdn_masked"),
    *("fee", "fee_tax"),
    *("merchant_reference", "problems", "payout_id", "failure_code"),
    *("name_check__result", "name_check__score", "name_check__confirmed_at"),
)


def read_results(batch: PayoutBatch) -> Iterator[PayoutBatchLine]:
    """Every line of a batch in the order of the file, a page in memory at a time."""
    lines = (
        PayoutBatchLine.objects.filter(batch=batch)
        .select_related("name_check")
        .order_by("number")
        .only(*SHOWN)
    )
    after = -1
    while page := list(lines.filter(number__gt=after)[:PAGE]):
        yield from page
        after = page[-1].number
