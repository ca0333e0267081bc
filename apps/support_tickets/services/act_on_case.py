from __future__ import annotations

import contextlib
from datetime import datetime
from uuid import UUID

from django.db import transaction
from django.utils.translation import gettext_lazy as _

from apps.audit.services.record import record
from apps.core.errors import DomainError
from apps.orchestration.models import StatusChange
from apps.orchestration.selectors.attempts_to_ask import attempts_to_ask
from apps.orchestration.services.refresh_attempt import refresh_attempt
from apps.support_tickets.models import Ticket
from apps.support_tickets.rules.author import Author
from apps.support_tickets.rules.event_kinds import EventKind
from apps.support_tickets.rules.situations import NextAction
from apps.support_tickets.selectors.lock_ticket import lock_ticket
from apps.support_tickets.selectors.read_case import Case, read_case
from apps.support_tickets.transitions import write_event
from apps.webhooks.listening import EndpointNotListening
from apps.webhooks.models import Delivery
from apps.webhooks.services.resend_delivery import resend_delivery


class CaseHasChanged(DomainError):
    code = "case_has_changed"
    status = 409
    title = "The case is another by now."
    staff_words = _("The case is another by now. Nothing was done: read what it is.")


def act_on_case(*, ticket_id: UUID, action: NextAction, author: Author, now: datetime) -> Case:
    """Do what is the next right thing about the case of a ticket; returns the case afterwards. The
    ticket's history and the audit trail keep who did it, and what the case was before and after.

    Not in a transaction: a provider is asked.

    Raises:
        CaseHasChanged: it is not the next right thing any more.
    """
    ticket = Ticket.objects.get(pk=ticket_id)
    before = _case_of(ticket)
    if before is None or before.action != action:
        raise CaseHasChanged
    record(
        actor=author.actor,
        action=f"ticket.{action}",
        target=before.subject.public_id,
        detail={"ticket": ticket.public_id, "case": before.code},
        now=now,
    )
    if action == NextAction.ASK_PROVIDER:
        for attempt in attempts_to_ask(before.subject.pk):
            # Without a time: the answer comes when it comes.
            refresh_attempt(attempt_id=attempt.pk, source=StatusChange.Source.STAFF)
    elif action == NextAction.SEND_WEBHOOKS_AGAIN:
        _send_again(before.owner.pk, author=author, now=now)
    after = _case_of(ticket)
    assert after is not None  # noqa: S101 (for the type checker: nobody deletes a payment)
    _write_down(ticket, action, before, after, author=author, now=now)
    return after


def _case_of(ticket: Ticket) -> Case | None:
    if ticket.about_id is None:
        return None
    return read_case(ticket.about_type, ticket.about_id, category=ticket.category)


def _send_again(owner_id: UUID, *, author: Author, now: datetime) -> None:
    for delivery_id in Delivery.objects.filter(event__object_id=owner_id).values_list(
        "pk", flat=True
    ):
        with contextlib.suppress(EndpointNotListening):
            resend_delivery(delivery_id=delivery_id, actor=author.actor, now=now)


@transaction.atomic
def _write_down(
    ticket: Ticket, action: NextAction, before: Case, after: Case, *, author: Author, now: datetime
) -> None:
    locked = lock_ticket(ticket.pk)
    write_event(
        locked,
        EventKind.ACTED,
        author=author,
        now=now,
        data={"action": str(action), "before": before.code, "after": after.code},
    )
    locked.save(update_fields=["sequence", "updated_at"])
