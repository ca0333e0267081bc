from __future__ import annotations

from django.utils import timezone

from apps.payments.models import Payment
from apps.support_tickets.models import Channel, RequesterKind
from apps.support_tickets.rules.author import payer_author
from apps.support_tickets.rules.subjects import Subject
from apps.support_tickets.services.add_attachment import add_attachment
from apps.support_tickets.services.change_status import change_status
from apps.support_tickets.services.open_ticket import TicketOrder, open_ticket
from apps.support_tickets.services.rate_ticket import rate_ticket
from tests.security.encrypted_rows.payments import NUMBER


def make(payment: Payment) -> None:
    """With a contact, a message, a file and a rating."""
    author, now = payer_author(payment.public_id), timezone.now()
    order = TicketOrder(
        requester_kind=RequesterKind.PAYER,
        merchant_id=payment.merchant_id,
        livemode=payment.livemode,
        subject="Debited",
        body="I was debited.",
        category="other",
        language="fr",
        about=Subject("payment", payment.pk, payment.merchant_id, payment.livemode, "payment"),
        contact=f"+{NUMBER}",
    )
    ticket = open_ticket(order, author=author, channel=Channel.PAGE, now=now)
    add_attachment(ticket_id=ticket.pk, name="sms.txt", content=b"sms", author=author, now=now)
    change_status(ticket_id=ticket.pk, to="closed", author=author, now=now)
    rate_ticket(ticket_id=ticket.pk, score=5, comment="Quick.", author=author, now=now)
