"""What of this app is encrypted."""

from apps.vault.encrypted_columns import EncryptedColumn
from apps.webhooks.services.deliver_webhook import SECRET_CONTEXT

ENCRYPTED_COLUMNS = (
    EncryptedColumn("webhooks.Endpoint", "secret_encrypted", SECRET_CONTEXT),
    EncryptedColumn("webhooks.Endpoint", "previous_secret_encrypted", SECRET_CONTEXT),
)
