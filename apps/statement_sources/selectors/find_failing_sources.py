from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime, timedelta

from django.db.models import Q

from apps.core.alerts import CRITICAL, Finding, Parameters
from apps.statement_sources.models import StatementSource
from apps.statement_sources.rules.problems import NEED_A_PERSON, folder_trouble


def find_failing_sources(wanted: Parameters, now: datetime) -> Iterator[Finding]:
    """Sources that could not be looked at for `age_s`, or that wait for a person, each a finding.
    Another host key than the pinned one may be somebody in between: critical."""
    modes = Q() if wanted["includes_test"] else Q(provider_account__livemode=True)
    old = now - timedelta(seconds=wanted["age_s"])
    for source in StatementSource.objects.filter(
        modes,
        Q(failing_since__lte=old) | Q(failing_since__isnull=False, due_at__isnull=True),
        is_enabled=True,
    ).select_related("provider_account"):
        since = source.failing_since or now
        yield Finding(
            key=source.public_id,
            facts={
                "source": source.name,
                "account": source.provider_account.label,
                "minutes": round((now - since).total_seconds() / 60),
                "why": folder_trouble(source.failure),
            },
            severity=CRITICAL if source.failure in NEED_A_PERSON else "",
        )
