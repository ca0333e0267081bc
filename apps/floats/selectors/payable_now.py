from __future__ import annotations

from collections.abc import Collection
from datetime import datetime, timedelta
from uuid import UUID

from apps.floats.models import FloatReading

# An older reading says nothing of now.
FRESH_FOR = timedelta(hours=1)


def payable_now(account_ids: Collection[UUID], *, now: datetime) -> dict[UUID, int]:
    """What can be paid from each provider account by its own word, in minor units of its currency.

    Accounts of which nobody knows are left out: the rail does not say it, or has not for an hour.
    One query.
    """
    newest = (
        FloatReading.objects.filter(
            provider_account_id__in=account_ids, read_at__gt=now - FRESH_FOR
        )
        .order_by("provider_account_id", "-read_at")
        .distinct("provider_account_id")
        .values_list("provider_account_id", "payable")
    )
    return {account_id: payable for account_id, payable in newest if payable is not None}
