"""What of this app is encrypted."""

from apps.settlement.rules.contexts import FILE_CONTEXT, PAYEE_CONTEXT, SEALED_CONTEXT
from apps.vault.encrypted_columns import EncryptedColumn

ENCRYPTED_COLUMNS = (
    EncryptedColumn("settlement.SettlementTerms", "payee_encrypted", PAYEE_CONTEXT),
    EncryptedColumn("settlement.BankFile", "content_encrypted", FILE_CONTEXT, rows_at_once=4),
    EncryptedColumn("settlement.BankFile", "sealed_encrypted", SEALED_CONTEXT, rows_at_once=4),
)
