"""What of this app is encrypted."""

from apps.monitoring.services.save_channel import ADDRESS_CONTEXT
from apps.vault.encrypted_columns import EncryptedColumn

ENCRYPTED_COLUMNS = (
    EncryptedColumn("monitoring.AlertChannel", "address_encrypted", ADDRESS_CONTEXT),
)
