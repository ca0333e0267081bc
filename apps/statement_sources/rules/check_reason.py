from __future__ import annotations

from apps.core.storable_text import storable_text
from apps.statement_sources.rules.refusals import ReasonMissing
from apps.vault.masked_text import mask_text

LENGTH_MAX = 300


def check_reason(reason: str) -> str:
    """The reason as it is kept. Raises ReasonMissing: blank, or longer than 300 characters."""
    kept = mask_text(storable_text(reason.strip(), LENGTH_MAX + 1))
    if not kept or len(kept) > LENGTH_MAX:
        raise ReasonMissing(field="reason")
    return kept
