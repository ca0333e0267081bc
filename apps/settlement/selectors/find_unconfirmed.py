from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime, timedelta

from django.db.models import Count, Q

from apps.core.alerts import Finding, Parameters
from apps.settlement.models import PaidBy, Settlement, SettlementStatus


def find_unconfirmed(wanted: Parameters, now: datetime) -> Iterator[Finding]:
    """Settlements that go by our bank and stand still: in no file since they were closed, in one
    that the bank has not got, or with the bank and neither paid nor rejected. One finding."""

    def before(name: str) -> datetime:
        return now - timedelta(seconds=wanted[name])

    waiting = Q(status=SettlementStatus.WAITING, created_at__lte=before("waiting_s"))
    filed = Q(status=SettlementStatus.FILED, bank_file__created_at__lte=before("filed_s"))
    sent = Q(status=SettlementStatus.SENT, bank_file__sent_at__lte=before("sent_s"))
    modes = Q() if wanted["includes_test"] else Q(livemode=True)
    found = Settlement.objects.filter(modes, waiting | filed | sent, paid_by=PaidBy.BANK_FILE)
    first = found.select_related("merchant").order_by("created_at").first()
    if first is not None:
        counts = found.aggregate(
            waiting=Count("id", filter=waiting),
            filed=Count("id", filter=filed),
            sent=Count("id", filter=sent),
        )
        yield Finding(
            facts={
                **counts,
                "number": first.full_number,
                "merchant": first.merchant.public_id,
                "days": (now - first.created_at).days,
            }
        )
