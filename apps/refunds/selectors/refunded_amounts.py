from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

from django.db.models import Sum

from apps.core.money import Money
from apps.core.public_ids import first_id_at
from apps.fees.models import FeeOperation
from apps.fees.rules.choose_line import Charged
from apps.fees.rules.refunded_amount import RefundedAmount
from apps.refunds.models import Refund, RefundStatus

KIND = (
    *("livemode", "payment__provider", "payment__operator", "payment__method", "payment__country"),
    *("currency", "payment__amount", "payment__amount_received"),
)


def refunded_amounts(
    merchant_ids: Sequence[UUID], *, since: datetime, until: datetime
) -> list[RefundedAmount]:
    """How much of their payments these merchants refunded in this time: each kind of payment and
    sum of its refunds once, however many there were. One query.
    """
    refunds = Refund.objects.filter(
        merchant__in=merchant_ids,
        # Both are named so that the index is read along.
        livemode__in=[True, False],
        id__gte=first_id_at(since),
        id__lt=first_id_at(until),
        status=RefundStatus.SUCCEEDED,
    )
    sums = {
        "refunded": Sum("amount"),
        "returned": Sum("fee_returned") + Sum("fee_tax_returned"),
    }
    counts: Counter[tuple[object, ...]] = Counter()
    returned: Counter[tuple[object, ...]] = Counter()
    kinds: dict[tuple[object, ...], tuple[bool, Charged, int]] = {}
    for row in refunds.values("payment_id", *KIND).annotate(**sums).order_by():
        key = (*(row[name] for name in KIND), row["refunded"])
        counts[key] += 1
        returned[key] += int(row["returned"])
        if key not in kinds:
            received = row["payment__amount_received"]
            amount = row["payment__amount"] if received is None else received
            charged = Charged(
                operation=FeeOperation.COLLECT,
                money=Money(amount, row["currency"]),
                provider=row["payment__provider"],
                operator=row["payment__operator"],
                method=row["payment__method"],
                country=row["payment__country"],
            )
            kinds[key] = (row["livemode"], charged, int(row["refunded"]))
    return [
        RefundedAmount(livemode, charged, refunded, counts[key], returned[key])
        for key, (livemode, charged, refunded) in kinds.items()
    ]
