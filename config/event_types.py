"""Every event a merchant may be told of, by the app that tells of it."""

from __future__ import annotations

from collections.abc import Mapping

from apps.approvals.rules import event_types as approvals
from apps.core.event_types import EventType
from apps.disputes.rules import event_types as disputes
from apps.merchants.rules import event_types as merchants
from apps.payments.rules import event_types as payments
from apps.payout_batches.rules import event_types as payout_batches
from apps.payouts.rules import event_types as payouts
from apps.refunds.rules import event_types as refunds
from apps.settlement.rules import event_types as settlement
from apps.support_tickets.rules import event_types as support_tickets
from apps.webhooks.rules import event_types as webhooks

EVENT_TYPES: Mapping[str, EventType] = {
    **payments.EVENT_TYPES,
    **refunds.EVENT_TYPES,
    **payouts.EVENT_TYPES,
    **payout_batches.EVENT_TYPES,
    **approvals.EVENT_TYPES,
    **settlement.EVENT_TYPES,
    **support_tickets.EVENT_TYPES,
    **disputes.EVENT_TYPES,
    **merchants.EVENT_TYPES,
    **webhooks.EVENT_TYPES,
}
