"""Under which names what belongs to a payee is encrypted and found."""

from __future__ import annotations

PAYEE_CONTEXT = "settlement_settlementterms.payee"
FILE_CONTEXT = "settlement_bankfile.content"
SEALED_CONTEXT = "settlement_bankfile.sealed"
PAYEE_INDEX = "settlement_payee"
