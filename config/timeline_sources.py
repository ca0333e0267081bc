"""What apps above the engine add to the timeline of a payment, a refund, a payout: each is called
with its id."""

from __future__ import annotations

from apps.disputes.selectors import timeline_entries as disputes
from apps.reconciliation.selectors import timeline_entries as reconciliation
from apps.refunds.selectors import timeline_entries as refunds
from apps.support_tickets.selectors import timeline_entries as support_tickets

TIMELINE_SOURCES = (
    reconciliation.timeline_entries,
    refunds.timeline_entries,
    disputes.timeline_entries,
    support_tickets.timeline_entries,
)
