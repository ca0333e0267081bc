from __future__ import annotations

from datetime import datetime
from uuid import UUID

from django.db import transaction
from django.utils.translation import gettext_lazy as _

from apps.audit.services.record import record
from apps.core.clean_text import COMMENT_LENGTH_MAX, clean_text
from apps.core.errors import DomainError
from apps.support_tickets.models import Ticket
from apps.support_tickets.rules.author import Author
from apps.support_tickets.rules.event_kinds import EventKind
from apps.support_tickets.rules.texts import COMMENT_CONTEXT
from apps.support_tickets.selectors.lock_ticket import lock_ticket
from apps.support_tickets.transitions import write_event
from apps.vault.encryption import encrypt

SCORE_WORST, SCORE_BEST = 1, 5


class TicketNotDone(DomainError):
    code = "ticket_not_done"
    status = 409
    title = "The ticket is not done yet."
    staff_words = _("The ticket is not done yet.")


@transaction.atomic
def rate_ticket(
    *, ticket_id: UUID, score: int, comment: str = "", author: Author, now: datetime
) -> Ticket:
    """Keep how content the requester is, 1 to 5, and why; the last word counts.

    Raises TicketNotFound; TicketNotDone: it is neither resolved nor closed.
    """
    ticket = lock_ticket(ticket_id, follow=True)
    if not ticket.is_done:
        raise TicketNotDone("Rate it once it is resolved or closed.")
    text = clean_text(comment, COMMENT_LENGTH_MAX)
    ticket.csat_score = score
    ticket.csat_comment_encrypted = (
        encrypt(text, context=COMMENT_CONTEXT, row_id=ticket.pk) if text else b""
    )
    ticket.rated_at = now
    write_event(ticket, EventKind.RATED, author=author, now=now, data={"score": score})
    ticket.save()
    record(
        actor=author.actor,
        action="ticket.rate",
        target=ticket.public_id,
        detail={"score": score},
        now=now,
    )
    return ticket
