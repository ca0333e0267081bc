"""What apps above the engine add to the timeline of a payment, a refund, a payout: each is called
with its id."""

from __future__ import annotations

from apps.reconciliation.selectors.timeline_entries import timeline_entries

TIMELINE_SOURCES = (timeline_entries,)
