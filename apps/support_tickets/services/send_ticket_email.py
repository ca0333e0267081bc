from __future__ import annotations

from email.utils import parseaddr
from smtplib import SMTPException
from uuid import UUID

from django.conf import settings
from django.core.mail import EmailMessage
from django.template.loader import render_to_string
from django.utils import translation

from apps.core.work.outbox import ClaimedMessage
from apps.support_tickets.models import Channel, Ticket, TicketMessage
from apps.support_tickets.rules.email_thread import message_id_of, reply_address
from apps.support_tickets.rules.texts import body_of, contact_of, subject_of

# Programs do not answer what a program wrote (RFC 3834).
AUTOMATIC = {"ticket_received": "auto-replied"}


class TicketEmailNotSent(Exception):
    """The mail server did not take it: try again later. Says no address."""


def send_ticket_email(claimed: ClaimedMessage) -> None:
    """Send a requester what was promised, in the ticket's language.

    Sent again after a crash, it bears the same Message-ID, by which mail programs know it.

    Raises:
        TicketEmailNotSent: it stays in the outbox.
    """
    message = TicketMessage.objects.select_related("ticket").get(
        pk=UUID(claimed.payload["message"])
    )
    # Whose requester it is for: one that was merged, it may be, into the message's own.
    asked = Ticket.objects.get(pk=UUID(claimed.payload.get("ticket", str(message.ticket_id))))
    ticket, template = message.ticket, claimed.payload["template"]
    if "@" not in asked.contact_masked:
        # A telephone number took its place meanwhile.
        return
    contact = contact_of(asked)
    if "@" not in contact:
        raise TicketEmailNotSent("its contact does not open")
    with translation.override(asked.language):
        text = render_to_string(
            f"email/{template}.{asked.language}.txt",
            {
                "number": ticket.shown_number,
                "subject": subject_of(ticket),
                "body": body_of(message),
                "may_answer": bool(settings.SUPPORT_ADDRESS),
            },
        )
    subject, _, body = text.strip().partition("\n")
    sender = settings.SUPPORT_ADDRESS or settings.DEFAULT_FROM_EMAIL
    domain = parseaddr(sender)[1].rpartition("@")[2]
    headers = {"Message-ID": message_id_of(message.pk, domain=domain)}
    heard = asked.messages.filter(channel=Channel.EMAIL, is_internal=False)
    last = heard.exclude(message_id="").order_by("-id").values_list("message_id", flat=True).first()
    if last:
        headers |= {"In-Reply-To": last, "References": last}
    if template in AUTOMATIC:
        headers["Auto-Submitted"] = AUTOMATIC[template]
    email = EmailMessage(
        subject=" ".join(subject.split()),
        body=body.strip() + "\n",
        from_email=sender,
        to=[contact],
        reply_to=[reply_address(asked.pk, address=sender)] if settings.SUPPORT_ADDRESS else None,
        headers=headers,
    )
    try:
        email.send()
    except (SMTPException, OSError) as error:
        raise TicketEmailNotSent(type(error).__name__) from None
