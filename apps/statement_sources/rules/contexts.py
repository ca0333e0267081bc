"""Under which names what belongs to a source is encrypted."""

from __future__ import annotations

CREDENTIALS_CONTEXT = "statement_sources_sourceconnection.credentials"
PIECE_CONTEXT = "statement_sources_filepiece.content"
PGP_CONTEXT = "statement_sources_sourceconnection.pgp_secrets"
OPENED_CONTEXT = "statement_sources_openedpiece.content"
