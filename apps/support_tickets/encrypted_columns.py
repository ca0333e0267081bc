"""What of this app is encrypted."""

from apps.support_tickets.rules.texts import (
    BODY_CONTEXT,
    COMMENT_CONTEXT,
    CONTACT_CONTEXT,
    CONTACT_INDEX,
    FILE_CONTEXT,
    FILE_NAME_CONTEXT,
    SUBJECT_CONTEXT,
)
from apps.vault.encrypted_columns import EncryptedColumn, SearchableColumn

TICKET = "support_tickets.Ticket"
ATTACHMENT = "support_tickets.TicketAttachment"

ENCRYPTED_COLUMNS = (
    EncryptedColumn(TICKET, "subject_encrypted", SUBJECT_CONTEXT),
    EncryptedColumn(TICKET, "csat_comment_encrypted", COMMENT_CONTEXT),
    SearchableColumn(
        TICKET,
        "contact_encrypted",
        CONTACT_CONTEXT,
        index="contact_index",
        purpose=CONTACT_INDEX,
    ),
    EncryptedColumn("support_tickets.TicketMessage", "body_encrypted", BODY_CONTEXT),
    EncryptedColumn(ATTACHMENT, "name_encrypted", FILE_NAME_CONTEXT),
    # Each may have megabytes.
    EncryptedColumn(ATTACHMENT, "content_encrypted", FILE_CONTEXT, rows_at_once=8),
)
