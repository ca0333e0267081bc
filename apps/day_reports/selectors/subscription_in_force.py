from __future__ import annotations

from uuid import UUID

from apps.day_reports.models import ReportSubscription


def subscription_in_force(root_id: UUID) -> ReportSubscription | None:
    """The version that two people agreed on and nobody ended."""
    return (
        ReportSubscription.objects.select_related("merchant", "provider_account")
        .filter(root_id=root_id, number__isnull=False, ended_at=None)
        .first()
    )
