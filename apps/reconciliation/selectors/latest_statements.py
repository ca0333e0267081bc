from __future__ import annotations

from collections.abc import Iterable
from uuid import UUID

from apps.reconciliation.models import Statement


def latest_statements(
    account_ids: Iterable[UUID], *, lines_max: int | None = None
) -> list[Statement]:
    """Of each account the latest report: its matching looks again at all that is open of it. An
    account without one, or without one of at most `lines_max` lines, has none."""
    matched = Statement.objects.filter(status=Statement.Status.MATCHED)
    if lines_max is not None:
        matched = matched.filter(lines_read__lte=lines_max)
    return list(
        matched.filter(provider_account__in=list(account_ids))
        .order_by("provider_account", "-day", "-created_at")
        .distinct("provider_account")
    )
