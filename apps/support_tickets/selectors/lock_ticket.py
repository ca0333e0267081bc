from __future__ import annotations

from uuid import UUID

from django.utils.translation import gettext_lazy as _

from apps.core.errors import DomainError
from apps.support_tickets.models import Ticket


class TicketNotFound(DomainError):
    code = "ticket_not_found"
    status = 404
    title = "There is no such ticket."
    staff_words = _("There is no such ticket.")


def lock_ticket(ticket_id: UUID, *, follow: bool = False) -> Ticket:
    """The ticket, locked until the transaction ends.

    Args:
        follow: of a merged ticket, the one in which it goes on.

    Raises TicketNotFound.
    """
    rows = Ticket.objects.select_for_update(no_key=True, of=("self",)).select_related("merchant")
    while True:
        if follow:
            # Looked at before it is locked: who merges locks in the order of ids.
            into = Ticket.objects.filter(pk=ticket_id).values_list("merged_into", flat=True).first()
            ticket_id = into or ticket_id
        ticket = rows.filter(pk=ticket_id).first()
        if ticket is None:
            raise TicketNotFound("Check the id.")
        if not follow or ticket.merged_into_id is None:
            return ticket
