"""How people and failures stand on the pages of settlements."""

from __future__ import annotations

from apps.core.work.counted_failures import CountsFailures
from apps.settlement.services.close_period import StatementDoesNotAdd


def show_failure(row: CountsFailures) -> str:
    """With which error the work of a row failed last; of others' the kind alone: they may quote a
    payee."""
    kind = row.failure.partition(":")[0]
    return row.failure if kind == StatementDoesNotAdd.__name__ else kind
