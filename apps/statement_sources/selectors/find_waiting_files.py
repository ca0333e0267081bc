from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime, timedelta

from django.db.models import Q

from apps.core.alerts import Finding, Parameters
from apps.statement_sources.models import FileStatus, ReceivedFile


def find_waiting_files(wanted: Parameters, now: datetime) -> Iterator[Finding]:
    """Files that wait for a person, and those whose reading failed for `age_s`: one finding."""
    modes = Q() if wanted["includes_test"] else Q(source__provider_account__livemode=True)
    old = now - timedelta(seconds=wanted["age_s"])
    waiting = ReceivedFile.objects.filter(
        modes,
        Q(waiting_since__isnull=False)
        | Q(status=FileStatus.FETCHED, failing_since__lte=old)
        | Q(status=FileStatus.FETCHED, due_at__isnull=True),
    )
    count = waiting.count()
    if count:
        first = waiting.select_related("source__provider_account").order_by("seen_at")[0]
        yield Finding(
            facts={
                "count": count,
                "file": first.public_id,
                "account": first.source.provider_account.label,
                "hours": round((now - first.seen_at).total_seconds() / 3600),
            }
        )
