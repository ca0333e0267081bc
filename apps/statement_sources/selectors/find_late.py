from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime

from django.db.models import Q

from apps.core.alerts import Finding, Parameters
from apps.statement_sources.models import StatementSource
from apps.statement_sources.selectors.late_days import late_days


def find_late(wanted: Parameters, now: datetime) -> Iterator[Finding]:
    """Sources whose report of a day is late, by the hour that each has: a finding for each."""
    modes = Q() if wanted["includes_test"] else Q(provider_account__livemode=True)
    sources = list(
        StatementSource.objects.filter(modes, is_enabled=True).select_related("provider_account")
    )
    late: dict[str, Finding] = {}
    counts: dict[str, int] = {}
    for source, day in late_days(sources, now=now):
        key = source.public_id
        counts[key] = counts.get(key, 0) + 1
        late[key] = Finding(
            key=key,
            facts={
                "source": source.name,
                "account": source.provider_account.label,
                "days": counts[key],
                "day": day.isoformat(),
            },
        )
    yield from late.values()
