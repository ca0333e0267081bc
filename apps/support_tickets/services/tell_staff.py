from __future__ import annotations

from smtplib import SMTPException
from uuid import UUID
from zoneinfo import ZoneInfo

from django.conf import settings
from django.core.mail import EmailMessage
from django.template.loader import render_to_string
from django.utils import translation
from django.utils.formats import date_format

from apps.core.staff_address import staff_address
from apps.core.work.outbox import ClaimedMessage
from apps.support_tickets.models import Ticket, TicketClock
from apps.support_tickets.rules.event_kinds import EventKind


class StaffEmailNotSent(Exception):
    """The mail server did not take it: try again later. Says no address."""


def tell_staff(message: ClaimedMessage) -> None:
    """Send the e-mail of a warning to the ticket's assignee, else to its team; of a breach to both.

    Nobody is told where there is neither: the history has it. Nothing in it is about a person. Sent
    again after a crash, it bears the same Message-ID, by which mail programs know it.

    Raises:
        StaffEmailNotSent: it stays in the outbox.
    """
    ticket = Ticket.objects.select_related("assignee", "team").get(
        pk=UUID(message.payload["ticket_id"])
    )
    what = EventKind(message.payload["what"])
    addresses = _addresses(ticket, is_breach=what == EventKind.BREACHED)
    clock = TicketClock.objects.select_related("calendar").get(
        ticket=ticket, kind=message.payload["clock"]
    )
    if not addresses:
        return
    subject, body = _render(ticket, clock, what)
    email = EmailMessage(
        subject=subject, body=body, to=addresses, headers={"Message-ID": f"<{message.id}@lomi>"}
    )
    try:
        email.send()
    except (SMTPException, OSError) as error:
        raise StaffEmailNotSent(type(error).__name__) from None


def _addresses(ticket: Ticket, *, is_breach: bool) -> list[str]:
    assignee = ticket.assignee
    is_there = assignee is not None and assignee.is_active and assignee.is_staff
    own = assignee.email if assignee is not None and is_there else ""
    team = ticket.team.email if ticket.team is not None else ""
    both = [own, team] if is_breach else [own or team]
    return [address for address in dict.fromkeys(both) if address]


def _render(ticket: Ticket, clock: TicketClock, what: EventKind) -> tuple[str, str]:
    """In the installation's language: a team has none of its own."""
    language = settings.LANGUAGE_CODE
    with translation.override(language):
        moment = clock.breached_at or clock.due_at
        zone = ZoneInfo(clock.calendar.zone if clock.calendar else settings.TIME_ZONE)
        local = moment.astimezone(zone) if moment else None
        text = render_to_string(
            f"email/ticket_clock.{language}.txt",
            {
                "number": ticket.shown_number,
                "category": ticket.get_category_display(),
                "priority": ticket.get_priority_display(),
                "kind": clock.kind,
                "is_breach": what == EventKind.BREACHED,
                "due": f"{date_format(local, 'j F Y')}, {local:%H:%M %Z}" if local else "",
                "address": staff_address("support_tickets_ticket_change", ticket.pk),
            },
        )
    subject, _, body = text.strip().partition("\n")
    return " ".join(subject.split()), body.strip() + "\n"
