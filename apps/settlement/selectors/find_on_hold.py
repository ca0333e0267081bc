from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime, timedelta

from django.db.models import Q

from apps.core.alerts import Finding, Parameters
from apps.settlement.models import Settlement, SettlementStatus


def find_on_hold(wanted: Parameters, now: datetime) -> Iterator[Finding]:
    """Settlements that wait for a person: one finding. What staff hold back themselves is found
    after `held_back_s`, the rest after `age_s`, counted from when the period was closed."""
    modes = Q() if wanted["includes_test"] else Q(livemode=True)
    forgotten = Q(created_at__lte=now - timedelta(seconds=wanted["held_back_s"]))
    old = Q(created_at__lte=now - timedelta(seconds=wanted["age_s"]))
    found = Settlement.objects.filter(
        modes, forgotten | (old & ~Q(reason_code="held_back")), status=SettlementStatus.ON_HOLD
    )
    first = found.select_related("merchant").order_by("created_at").first()
    if first is not None:
        yield Finding(
            facts={
                "count": found.count(),
                "number": first.full_number,
                "merchant": first.merchant.public_id,
                "why": first.reason_code,
            }
        )
