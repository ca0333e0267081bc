from __future__ import annotations

from datetime import timedelta

from django.core import mail
from django.utils import timezone

from apps.core.public_ids import new_id
from apps.support_tickets.models import (
    BusinessCalendar,
    Channel,
    RequesterKind,
    Team,
    Ticket,
    TicketCategory,
    TicketClock,
)
from apps.support_tickets.rules.author import SYSTEM
from apps.support_tickets.services.open_ticket import TicketOrder, open_ticket
from tests.core.poison.case import enqueue, topic
from tests.support_tickets.service_levels import promise_service_levels


@topic("tickets.email", spoils=("message", "template"), keys=("message", "template"))
def ticket_emailed(world, spoilt):
    address = f"awa{Ticket.objects.count()}@shop.example"
    ticket = open_ticket(
        TicketOrder(
            requester_kind=RequesterKind.MERCHANT,
            merchant_id=world.merchant.pk,
            subject="A word",
            body="A word.",
            category=TicketCategory.OTHER,
            language="fr",
            livemode=False,
            contact=address,
        ),
        author=SYSTEM,
        channel=Channel.API,
        now=timezone.now(),
    )
    enqueue(
        "tickets.email",
        message=str(new_id() if spoilt == "message" else ticket.messages.get().pk),
        template="no_such" if spoilt == "template" else "ticket_answer",
    )
    return lambda: [address] in [email.to for email in mail.outbox]


def open_ticket_of(merchant) -> Ticket:
    promise_service_levels()
    return open_ticket(
        TicketOrder(
            requester_kind=RequesterKind.MERCHANT,
            merchant_id=merchant.pk,
            subject="No webhook",
            body="Since noon.",
            category="webhook_not_received",
            language="fr",
            livemode=False,
        ),
        author=SYSTEM,
        channel=Channel.API,
        now=timezone.now() - timedelta(days=30),
    )


@topic("ticket.clock", spoils=("calendar",))
def clock_looked_at(world, spoilt):
    clock = open_ticket_of(world.merchant).clocks.get(kind="resolution")
    if spoilt:
        clock.calendar = BusinessCalendar.objects.create(
            name="Nowhere", zone="No/Where", created_at=timezone.now()
        )
        clock.save()
    return lambda: TicketClock.objects.get(pk=clock.pk).breached_at is not None


@topic("ticket.tell_staff", spoils=("ticket", "clock"), keys=("ticket_id", "what", "clock"))
def staff_told(world, spoilt):
    ticket = open_ticket_of(world.merchant)
    # Of its own clocks nothing is to be said here.
    TicketClock.objects.update(next_look_at=None)
    address = f"team{Team.objects.count()}@desk.example"
    ticket.team = Team.objects.create(name=address, email=address, created_at=timezone.now())
    ticket.save()
    enqueue(
        "ticket.tell_staff",
        ticket_id=str(new_id() if spoilt == "ticket" else ticket.pk),
        what="warned",
        clock="no_such" if spoilt == "clock" else "resolution",
    )
    return lambda: [address] in [email.to for email in mail.outbox]
