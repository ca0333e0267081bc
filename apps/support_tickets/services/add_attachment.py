from __future__ import annotations

import base64
import hashlib
from datetime import datetime
from uuid import UUID

from django.db import transaction
from django.utils.translation import gettext_lazy as _

from apps.audit.services.record import record
from apps.core.errors import DomainError
from apps.core.public_ids import new_id_at
from apps.support_tickets.models import TicketAttachment, TicketMessage, TicketStatus
from apps.support_tickets.rules.attachment_type import (
    FILE_BYTES_MAX,
    FILES_MAX,
    attachment_type,
)
from apps.support_tickets.rules.author import Author
from apps.support_tickets.rules.clean_text import clean_file_name
from apps.support_tickets.rules.event_kinds import EventKind
from apps.support_tickets.rules.texts import FILE_CONTEXT, FILE_NAME_CONTEXT
from apps.support_tickets.selectors.lock_ticket import lock_ticket
from apps.support_tickets.services.add_message import TicketClosed
from apps.support_tickets.transitions import write_event
from apps.vault.encryption import encrypt


class AttachmentTooLarge(DomainError):
    code = "attachment_too_large"
    status = 422
    title = "The file is too large."
    staff_words = _("The file is too large: 5 MB at most.")


class AttachmentEmpty(DomainError):
    code = "attachment_empty"
    status = 422
    title = "The file is empty."
    staff_words = _("The file is empty.")


class AttachmentTypeRefused(DomainError):
    code = "attachment_type_refused"
    status = 422
    title = "Files of this type are not taken."
    staff_words = _("Only images (PNG, JPEG, GIF, WebP), PDF and plain text are taken.")


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
    if len(content) > FILE_BYTES_MAX:
        raise AttachmentTooLarge(f"A file has at most {FILE_BYTES_MAX} bytes.", field="content")
    if not content:
        raise AttachmentEmpty("It has no bytes.", field="content")
    media_type = attachment_type(content)
    if media_type is None:
        raise AttachmentTypeRefused(
            "Send an image (PNG, JPEG, GIF, WebP), a PDF or plain text in UTF-8.", field="content"
        )
    ticket = lock_ticket(ticket_id, follow=True)
    if ticket.status == TicketStatus.CLOSED:
        raise TicketClosed
    digest = hashlib.sha256(content).digest()
    files = TicketAttachment.objects.filter(ticket=ticket).defer("content_encrypted")
    there = files.filter(sha256=digest, is_internal=is_internal).first()
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
        name_encrypted=encrypt(clean_file_name(name), context=FILE_NAME_CONTEXT, row_id=row_id),
        media_type=media_type,
        size=len(content),
        sha256=digest,
        content_encrypted=encrypt(
            base64.b64encode(content).decode(), context=FILE_CONTEXT, row_id=row_id
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
            "media_type": media_type,
            "size": len(content),
            "sha256": digest.hex(),
        },
        now=now,
    )
    return attachment
