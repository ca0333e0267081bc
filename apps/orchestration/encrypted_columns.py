"""What of this app is encrypted."""

from apps.orchestration.services.take_reply import STATE_CONTEXT
from apps.vault.encrypted_columns import EncryptedColumn

ENCRYPTED_COLUMNS = (
    EncryptedColumn("orchestration.Attempt", "connector_state_encrypted", STATE_CONTEXT),
)
