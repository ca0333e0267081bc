from __future__ import annotations

from collections.abc import Iterable
from uuid import UUID

from apps.reconciliation.models import Statement


def latest_statements(account_ids: Iterable[UUID]) -> list[Statement]:
    """Of each account, the one whose matching looks again at all that is open of it; the oldest
    import first. An account without one has none."""
    return list(
        Statement.objects.filter(
            provider_account__in=list(account_ids), status=Statement.Status.MATCHED
        )
        .order_by("provider_account", "-day", "-created_at")
        .distinct("provider_account")
    )
