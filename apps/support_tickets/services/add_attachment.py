from __future__ import annotations

from datetime import datetime
from uuid import UUID

from django.db import transaction
from django.utils.translation import gettext_lazy as _

from apps.audit.services.record import record
from apps.core.errors import DomainError
from apps.core.public_ids import new_id_at
from apps.support_tickets.models import TicketAttachment, TicketMessage, TicketStatus
from apps.support_tickets.rules.author import Author
from apps.support_tickets.rules.event_kinds import EventKind
from apps.support_tickets.rules.texts import FILE_CONTEXT, FILE_NAME_CONTEXT
from apps.support_tickets.selectors.lock_ticket import lock_ticket
from apps.support_tickets.services.add_message import TicketClosed
from apps.support_tickets.transitions import write_event
from apps.vault.kept_files import check_file, encrypted_columns

FILES_MAX = 10


class AttachmentsFull(DomainError):
    code = "attachments_full"
    status = 422
    title = "The ticket has as many files as it may have."
    staff_words = _("The ticket has ten files already: more are not taken.")


@transaction.atomic
def add_attachment(
    *,
    ticket_id: UUID,
    name: str,
    content: bytes,
    author: Author,
    now: datetime,
    message: TicketMessage | None = None,
    is_internal: bool = False,
) -> TicketAttachment:
    """Keep a file with a ticket, or with the one that it was merged into; the same file twice is
    one.

    Raises:
        TicketNotFound, TicketClosed.
        AttachmentTooLarge, AttachmentEmpty, AttachmentTypeRefused, AttachmentsFull.
    """
    file = check_file(name, content)
    ticket = lock_ticket(ticket_id, follow=True)
    if ticket.status == TicketStatus.CLOSED:
        raise TicketClosed
    files = TicketAttachment.objects.filter(ticket=ticket).defer("content_encrypted")
    there = files.filter(sha256=file.sha256, is_internal=is_internal).first()
    if there is not None:
        return there
    if files.count() >= FILES_MAX:
        raise AttachmentsFull(f"A ticket has at most {FILES_MAX} files.", field="content")
    row_id = new_id_at(now)
    attachment = TicketAttachment.objects.create(
        id=row_id,
        ticket=ticket,
        message=message,
        author_kind=author.kind,
        actor=author.actor,
        is_internal=is_internal,
        **encrypted_columns(
            file, row_id=row_id, name_context=FILE_NAME_CONTEXT, content_context=FILE_CONTEXT
        ),
        created_at=now,
    )
    write_event(
        ticket,
        EventKind.ATTACHED,
        author=author,
        now=now,
        data={"attachment": attachment.public_id, "is_internal": is_internal},
        message=message,
    )
    ticket.save(update_fields=["sequence", "updated_at"])
    record(
        actor=author.actor,
        action="ticket.attach",
        target=ticket.public_id,
        detail={
            "attachment": attachment.public_id,
            **file.facts,
        },
        now=now,
    )
    return attachment
