from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime, timedelta

from django.db.models import Q

from apps.core.alerts import Finding, Parameters
from apps.settlement.models import BankFile, BankFileStatus
from apps.settlement.rules.delivery import trouble


def find_undelivered(wanted: Parameters, now: datetime) -> Iterator[Finding]:
    """Bank files that no worker gets to the bank for `age_s`, or that wait for a person: one
    finding."""
    modes = Q() if wanted["includes_test"] else Q(livemode=True)
    old = Q(failing_since__lte=now - timedelta(seconds=wanted["age_s"]))
    found = BankFile.objects.filter(
        modes, old | Q(delivery_due_at__isnull=True), status=BankFileStatus.DELIVERING
    ).order_by("id")
    first = found.first()
    if first is not None:
        yield Finding(
            facts={
                "count": found.count(),
                "file": first.public_id,
                "why": trouble(first.failure),
            }
        )
