"""What of this app is encrypted."""

from apps.approvals.rules.evidence import CONTENT_CONTEXT, NAME_CONTEXT
from apps.vault.encrypted_columns import EncryptedColumn

ENCRYPTED_COLUMNS = (
    EncryptedColumn("approvals.ApprovalEvidence", "name_encrypted", NAME_CONTEXT),
    # Each may have megabytes.
    EncryptedColumn(
        "approvals.ApprovalEvidence", "content_encrypted", CONTENT_CONTEXT, rows_at_once=8
    ),
)
