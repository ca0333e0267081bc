from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime, timedelta

from django.db.models import Q

from apps.approvals.models import Approval
from apps.core.alerts import Finding, Parameters


def find_not_ended(wanted: Parameters, now: datetime) -> Iterator[Finding]:
    """Approvals whose time was over `age_s` ago and that end again and again in an error, as those
    of an act that this release does not know: what they are about waits on. One finding."""
    modes = Q() if wanted["includes_test"] else Q(livemode=True)
    old = now - timedelta(seconds=wanted["age_s"])
    # Among those that wait: the index of what is due has no others.
    waiting = Approval.objects.filter(modes, due_at__isnull=False, expires_at__lte=old)
    count = waiting.count()
    if count:
        first = waiting.select_related("merchant").order_by("expires_at")[0]
        yield Finding(
            facts={
                "count": count,
                "approval": first.public_id,
                "action": first.action,
                "merchant": first.merchant.name,
                "minutes": round((now - first.expires_at).total_seconds() / 60),
            }
        )
