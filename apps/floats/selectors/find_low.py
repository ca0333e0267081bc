from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime

from django.db.models import F, Q

from apps.core.alerts import Finding, Parameters
from apps.core.money import grouped
from apps.floats.models import FloatWatch
from apps.floats.selectors.with_standing import with_standing


def find_low(wanted: Parameters, now: datetime) -> Iterator[Finding]:
    """Accounts that have less to pay from than their minimum, or than leaves them in `cover_days`:
    one finding each."""
    modes = Q() if wanted["includes_test"] else Q(provider_account__livemode=True)
    watches = with_standing(FloatWatch.objects.filter(modes, due_at__isnull=False), now=now)
    is_low = Q(payable__lt=F("minimum")) | Q(
        payable__lt=F("daily_outflow") * float(wanted["cover_days"])
    )
    for watch in watches.filter(is_low).order_by("pk"):
        account = watch.provider_account
        yield Finding(
            key=account.public_id,
            facts={
                "account": account.label,
                "amount": f"{grouped(watch.payable)} {account.currency}",  # type: ignore[attr-defined]
            },
        )
