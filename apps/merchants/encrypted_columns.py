"""What this app encrypts."""

from apps.merchants.services.idempotent_response import CONTEXT
from apps.vault.encrypted_columns import EncryptedColumn

ENCRYPTED_COLUMNS = (
    # Answers without a secret stand there as they were given.
    EncryptedColumn("core.IdempotencyRecord", "body", CONTEXT),
)
