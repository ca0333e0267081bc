"""What of this app is encrypted."""

from typing import Any

from apps.providers.registry import (
    CREDENTIALS_CONTEXT,
    credentials_fingerprint,
    keep_fingerprint,
)
from apps.providers.services.stage_credentials import STAGED_CONTEXT
from apps.providers.services.store_callback import BODY_CONTEXT, HEADERS_CONTEXT
from apps.vault.encrypted_columns import EncryptedColumn


class Credentials(EncryptedColumn):
    """Attempts under way were sent with them, and connectors are open: both know them by their
    fingerprint."""

    @property
    def fields(self) -> tuple[str, ...]:
        return (self.name, "kept_fingerprint", "kept_fingerprint_of")

    def renew(self, row: Any) -> None:
        fingerprint = credentials_fingerprint(row)
        super().renew(row)
        keep_fingerprint(row, fingerprint)


ENCRYPTED_COLUMNS = (
    Credentials("providers.ProviderAccount", "credentials_encrypted", CREDENTIALS_CONTEXT),
    EncryptedColumn("providers.StagedCredentials", "secrets_encrypted", STAGED_CONTEXT),
    EncryptedColumn("providers.Callback", "body_encrypted", BODY_CONTEXT),
    EncryptedColumn("providers.Callback", "headers_encrypted", HEADERS_CONTEXT),
)
