from __future__ import annotations

from apps.orchestration.rules.notes import shown_note
from apps.providers.rules.line_problems import shown_problem
from apps.reconciliation.models import Discrepancy


def shown_detail(discrepancy: Discrepancy) -> str:
    """What a discrepancy says beside its amounts, in the reader's language."""
    if discrepancy.kind == Discrepancy.Kind.UNREADABLE_LINE:
        return shown_problem(discrepancy.detail)
    return shown_note(discrepancy.detail)
