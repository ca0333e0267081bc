"""What of this app is encrypted."""

from apps.approvals.models import ApprovalEvidence, RejectionEvidence
from apps.approvals.rules.evidence import content_context, name_context
from apps.vault.encrypted_columns import EncryptedColumn

KEPT = (ApprovalEvidence, RejectionEvidence)

ENCRYPTED_COLUMNS = (
    *(EncryptedColumn(one._meta.label, "name_encrypted", name_context(one)) for one in KEPT),
    # Each may have megabytes.
    *(
        EncryptedColumn(one._meta.label, "content_encrypted", content_context(one), rows_at_once=8)
        for one in KEPT
    ),
)
