from __future__ import annotations

from dataclasses import dataclass

from django.db.models import Q, QuerySet

from apps.support_tickets.models import Ticket, TicketLink


@dataclass(frozen=True, slots=True)
class LinkedTicket:
    """Another ticket, and what it has to do with this one."""

    ticket: Ticket
    kind: str


# A ticket with more links than this is a storm; the newest are shown.
LINKS_MAX = 50


def linked_tickets(ticket: Ticket, *, among: QuerySet[Ticket]) -> list[LinkedTicket]:
    """The tickets `among` these that are linked with this one, whichever was named first, and those
    merged into it. Two queries."""
    links = (
        TicketLink.objects.filter(
            Q(ticket=ticket, other__in=among) | Q(other=ticket, ticket__in=among)
        )
        .select_related("ticket", "other")
        .order_by("-id")[:LINKS_MAX]
    )
    found = [
        LinkedTicket(
            link.other if link.ticket_id == ticket.pk else link.ticket,
            str(link.get_kind_display()),
        )
        for link in links
    ]
    merged = among.filter(merged_into=ticket).order_by("-id")[:LINKS_MAX]
    return [
        *found,
        *(LinkedTicket(one, str(TicketLink.Kind.DUPLICATE.label)) for one in merged),
    ]
