"""What of this app is encrypted."""

from apps.payments.services.create_payment import PAYER_CONTEXT
from apps.payments.services.take_news import MEMORY_CONTEXT
from apps.vault.encrypted_columns import EncryptedColumn

ENCRYPTED_COLUMNS = (
    EncryptedColumn("payments.Payment", "payer_msisdn_sealed", PAYER_CONTEXT),
    EncryptedColumn("payments.Attempt", "memory_sealed", MEMORY_CONTEXT),
)
