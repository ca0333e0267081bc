"""Why staff did something: a sentence, in which no payer's number stays."""

from __future__ import annotations

from apps.core.storable_text import storable_text
from apps.settlement.rules.refusals import SettlementReasonMissing
from apps.vault.masked_text import mask_text

LENGTH_MAX = 300


def check_reason(text: str) -> str:
    """Raises SettlementReasonMissing."""
    reason = mask_text(storable_text(text.strip(), LENGTH_MAX + 1))
    if not reason or len(reason) > LENGTH_MAX:
        raise SettlementReasonMissing(field="reason")
    return reason
