from __future__ import annotations

from django.utils.translation import gettext_lazy as _

from apps.core.errors import DomainError
from apps.core.public_ids import InvalidPublicId, decode_id
from apps.support_tickets.models import Ticket, TicketAttachment
from apps.support_tickets.rules.texts import FILE_CONTEXT
from apps.support_tickets.selectors.read_conversation import conversation_ids
from apps.vault.kept_files import read_content


class AttachmentNotFound(DomainError):
    code = "attachment_not_found"
    status = 404
    title = "There is no such file with this ticket."
    staff_words = _("There is no such file with this ticket.")


def find_attachment(
    public_id: str, *, ticket: Ticket, is_staff: bool = False
) -> tuple[TicketAttachment, bytes]:
    """A file of this ticket, or of one merged into it, with its content.

    Args:
        is_staff: internal files too; never for the other side.

    Raises AttachmentNotFound, AttachmentUnreadable.
    """
    try:
        row_id = decode_id("tia", public_id)
    except InvalidPublicId:
        raise AttachmentNotFound("Such an id is tia_ and 26 characters.") from None
    found = TicketAttachment.objects.filter(pk=row_id, ticket__in=conversation_ids(ticket))
    if not is_staff:
        found = found.filter(is_internal=False)
    attachment = found.first()
    if attachment is None:
        raise AttachmentNotFound("Check the id.")
    return attachment, read_content(attachment, context=FILE_CONTEXT)
