"""What of this app is encrypted."""

from apps.day_reports.rules.contexts import CREDENTIALS_CONTEXT
from apps.vault.encrypted_columns import EncryptedColumn

ENCRYPTED_COLUMNS = (
    EncryptedColumn("day_reports.ReportSubscription", "credentials_encrypted", CREDENTIALS_CONTEXT),
)
