from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime

from django.db.models import Q

from apps.core.alerts import Finding, Parameters
from apps.settlement.models import BankAnswerLine


def find_contradictions(wanted: Parameters, now: datetime) -> Iterator[Finding]:
    """What our bank said of transfers that our books say otherwise, until a person has seen to it:
    one finding."""
    modes = Q() if wanted["includes_test"] else Q(answer__bank_file__livemode=True)
    found = BankAnswerLine.objects.filter(modes, closed_at__isnull=True).exclude(contradiction="")
    first = found.select_related("settlement__merchant").order_by("created_at").first()
    if first is not None:
        settlement = first.settlement
        yield Finding(
            facts={
                "count": found.count(),
                "merchant": settlement.merchant.public_id if settlement else "?",
                "what": first.contradiction,
            }
        )
