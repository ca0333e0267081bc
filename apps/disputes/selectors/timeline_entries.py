"""What the page of a payment says of its disputes."""

from __future__ import annotations

from uuid import UUID

from django.utils.translation import gettext as _

from apps.core.money import Money
from apps.disputes.models import Dispute
from apps.orchestration.selectors.read_timeline import TimelineEntry


def timeline_entries(owner_id: UUID) -> list[TimelineEntry]:
    """The disputes of a payment, as they are now; none of anything else. One query."""
    return [
        TimelineEntry(
            at=dispute.closed_at or dispute.opened_at,
            kind="disputed",
            title=_("Dispute, %(status)s: %(money)s")
            % {
                "status": dispute.get_status_display(),
                "money": Money(dispute.amount, dispute.currency),
            },
            detail=f"{dispute.public_id} · {dispute.get_reason_display()}",
        )
        for dispute in Dispute.objects.filter(payment_id=owner_id).order_by("id")
    ]
