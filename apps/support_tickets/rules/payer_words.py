"""What the payer's page of support says."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from apps.payments.models import PaymentStatus
from apps.support_tickets.models import TicketCategory, TicketStatus

SENTENCES: Mapping[str, str | Promise] = {
    TicketCategory.DEBITED_NOT_CONFIRMED: _("I was debited, and it does not say that I have paid"),
    TicketCategory.PAID_TWICE: _("I paid twice"),
    TicketCategory.WRONG_NUMBER: _("The number is not the right one"),
    TicketCategory.FAILED_AND_DEBITED: _("It says that it failed, but I was debited"),
    TicketCategory.REFUND_NOT_ARRIVED: _("My refund has not arrived"),
    TicketCategory.NO_PROMPT: _("My phone asked me for nothing"),
    TicketCategory.OTHER: _("Something else"),
}

_UNDER_WAY = (
    TicketCategory.NO_PROMPT,
    TicketCategory.DEBITED_NOT_CONFIRMED,
    TicketCategory.WRONG_NUMBER,
    TicketCategory.PAID_TWICE,
    TicketCategory.OTHER,
)
_SUCCEEDED = (
    TicketCategory.DEBITED_NOT_CONFIRMED,
    TicketCategory.PAID_TWICE,
    TicketCategory.REFUND_NOT_ARRIVED,
    TicketCategory.WRONG_NUMBER,
    TicketCategory.OTHER,
)
_NOT_PAID = (
    TicketCategory.FAILED_AND_DEBITED,
    TicketCategory.NO_PROMPT,
    TicketCategory.PAID_TWICE,
    TicketCategory.WRONG_NUMBER,
    TicketCategory.OTHER,
)
_OFFERED: Mapping[str, Sequence[str]] = {
    PaymentStatus.SUCCEEDED: _SUCCEEDED,
    PaymentStatus.FAILED: _NOT_PAID,
    PaymentStatus.EXPIRED: _NOT_PAID,
    PaymentStatus.CANCELED: _NOT_PAID,
}

# How it stands, for who waits.
STANDS: Mapping[str, str | Promise] = {
    TicketStatus.NEW: _("We have your message, and will answer here."),
    TicketStatus.OPEN: _("We are at it, and will answer here."),
    TicketStatus.WAITING_FOR_MERCHANT: _("We are waiting for the shop."),
    TicketStatus.WAITING_FOR_PAYER: _("We are waiting for your answer."),
    TicketStatus.WAITING_FOR_PROVIDER: _("We are waiting for your operator."),
    TicketStatus.RESOLVED: _("We think that it is done. If it is not, write to us again."),
    TicketStatus.CLOSED: _("It is closed. You can write to us again at any time."),
}


def offered_categories(payment_status: str) -> Sequence[str]:
    """What can be wrong with a payment that stands so, the likeliest first."""
    return _OFFERED.get(payment_status, _UNDER_WAY)
