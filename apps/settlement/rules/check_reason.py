"""Why staff did something: a sentence, in which no payer's number stays."""

from __future__ import annotations

from apps.settlement.rules.refusals import SettlementReasonMissing
from apps.vault.masked_text import reason_text

LENGTH_MAX = 300


def check_reason(text: str) -> str:
    """Raises SettlementReasonMissing."""
    reason = reason_text(text, LENGTH_MAX)
    if not reason:
        raise SettlementReasonMissing(field="reason")
    return reason
