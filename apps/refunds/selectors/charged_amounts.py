from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

from django.db.models import Count, Sum

from apps.core.public_ids import first_id_at
from apps.fees.models import FeeOperation
from apps.fees.rules.charged_amount import ChargedAmount
from apps.refunds.models import Refund, RefundStatus

KIND = (
    *("livemode", "provider", "payment__operator", "payment__method", "payment__country"),
    *("currency", "amount"),
)


def charged_amounts(
    merchant_ids: Sequence[UUID], *, since: datetime, until: datetime
) -> list[ChargedAmount]:
    """What these merchants paid for the refunds of this time that succeeded: each amount of a kind
    once, however many there were. One query.
    """
    refunds = Refund.objects.filter(
        merchant__in=merchant_ids,
        # Both are named so that the index is read along.
        livemode__in=[True, False],
        id__gte=first_id_at(since),
        id__lt=first_id_at(until),
        status=RefundStatus.SUCCEEDED,
    )
    sums = {"count": Count("pk"), "fees": Sum("fee"), "taxes": Sum("fee_tax")}
    rows = refunds.values_list(*KIND).annotate(**sums).order_by()
    return [ChargedAmount.of_row(FeeOperation.REFUND, row) for row in rows]
