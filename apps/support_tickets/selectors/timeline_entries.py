"""The tickets that a timeline shows: about a payment, refund or payout, and its payer's earlier."""

from __future__ import annotations

from uuid import UUID

from django.utils.translation import gettext as _

from apps.orchestration.selectors.read_timeline import TimelineEntry
from apps.payments.models import Payment
from apps.support_tickets.models import Ticket

# Of a payer with more payments than this, the newest count.
PAYMENTS_MAX = 50
TICKETS_MAX = 20


def timeline_entries(owner_id: UUID) -> list[TimelineEntry]:
    """Three queries at most."""
    others: list[UUID] = []
    number = Payment.objects.filter(pk=owner_id).values_list("payer_msisdn_index", flat=True)
    if payer := number.first():
        others = list(
            Payment.objects.filter(payer_msisdn_index=payer)
            .exclude(pk=owner_id)
            .order_by("-id")
            .values_list("pk", flat=True)[:PAYMENTS_MAX]
        )
    # Sorted by what has no index: no plan may read all tickets to find the newest.
    found = Ticket.objects.filter(
        about_type__in=("payment", "refund", "payout", "discrepancy"),
        about_id__in=[owner_id, *others],
    ).order_by("-created_at")[:TICKETS_MAX]
    return [
        TimelineEntry(
            at=ticket.created_at,
            kind="ticket",
            title=_("Ticket %(number)s, %(status)s: %(category)s")
            % {
                "number": ticket.shown_number,
                "status": ticket.get_status_display(),
                "category": ticket.get_category_display(),
            },
            row=(Ticket._meta.label, ticket.pk),
            detail="" if ticket.about_id == owner_id else _("about another payment of the payer"),
        )
        for ticket in found
    ]
