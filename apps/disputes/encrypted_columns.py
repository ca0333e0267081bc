"""What of this app is encrypted."""

from apps.disputes.rules.evidence import CONTENT_CONTEXT, NAME_CONTEXT, TEXT_CONTEXT
from apps.disputes.rules.signing_key import KEY_CONTEXT
from apps.vault.encrypted_columns import EncryptedColumn

ENCRYPTED_COLUMNS = (
    EncryptedColumn("disputes.EvidenceText", "text_encrypted", TEXT_CONTEXT),
    EncryptedColumn("disputes.EvidenceFile", "name_encrypted", NAME_CONTEXT),
    # Of 7 MB each.
    EncryptedColumn("disputes.EvidenceFile", "content_encrypted", CONTENT_CONTEXT, rows_at_once=5),
    EncryptedColumn("disputes.SigningKey", "key_encrypted", KEY_CONTEXT),
)
