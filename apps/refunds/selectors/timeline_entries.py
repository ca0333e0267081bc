"""What the page of a payment says of its refunds."""

from __future__ import annotations

from uuid import UUID

from django.utils.translation import gettext as _

from apps.core.money import Money
from apps.orchestration.selectors.read_timeline import TimelineEntry
from apps.refunds.models import Refund


def timeline_entries(owner_id: UUID) -> list[TimelineEntry]:
    """The refunds of a payment, as they are now; none of anything else. One query."""
    return [
        TimelineEntry(
            at=refund.completed_at or refund.created_at,
            kind="given_back",
            title=_("Refund, %(status)s: %(money)s")
            % {
                "status": refund.get_status_display(),
                "money": Money(refund.amount, refund.currency),
            },
            detail=refund.public_id,
        )
        for refund in Refund.objects.filter(payment_id=owner_id).order_by("id")
    ]
