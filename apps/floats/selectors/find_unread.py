from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime, timedelta

from django.db.models import Q

from apps.core.alerts import Finding, Parameters
from apps.floats.models import FloatWatch


def find_unread(wanted: Parameters, now: datetime) -> Iterator[Finding]:
    """Accounts whose balance could not be read for `age_s`: one finding each."""
    modes = Q() if wanted["includes_test"] else Q(provider_account__livemode=True)
    old = now - timedelta(seconds=wanted["age_s"])
    failing = FloatWatch.objects.filter(modes, failing_since__lte=old, due_at__isnull=False)
    for watch in failing.select_related("provider_account").order_by("pk"):
        since = watch.failing_since or old
        yield Finding(
            key=watch.provider_account.public_id,
            facts={
                "account": watch.provider_account.label,
                "minutes": round((now - since).total_seconds() / 60),
            },
        )
