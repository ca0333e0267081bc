from __future__ import annotations

from apps.statement_sources.rules.refusals import ReasonMissing
from apps.vault.masked_text import reason_text

LENGTH_MAX = 300


def check_reason(reason: str) -> str:
    """The reason as it is kept. Raises ReasonMissing: blank, or longer than 300 characters."""
    kept = reason_text(reason, LENGTH_MAX)
    if not kept:
        raise ReasonMissing(field="reason")
    return kept
