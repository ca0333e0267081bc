"""What of this app is encrypted."""

from apps.statement_sources.rules.contexts import (
    CREDENTIALS_CONTEXT,
    OPENED_CONTEXT,
    PGP_CONTEXT,
    PIECE_CONTEXT,
)
from apps.vault.encrypted_columns import EncryptedColumn

ENCRYPTED_COLUMNS = (
    EncryptedColumn(
        "statement_sources.SourceConnection", "credentials_encrypted", CREDENTIALS_CONTEXT
    ),
    EncryptedColumn("statement_sources.SourceConnection", "pgp_secrets_encrypted", PGP_CONTEXT),
    EncryptedColumn(
        "statement_sources.FilePiece", "content_encrypted", PIECE_CONTEXT, rows_at_once=8
    ),
    EncryptedColumn(
        "statement_sources.OpenedPiece", "content_encrypted", OPENED_CONTEXT, rows_at_once=8
    ),
)
