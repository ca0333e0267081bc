from __future__ import annotations

from django.db.models import QuerySet

from apps.reconciliation.models import Discrepancy


def open_discrepancies() -> QuerySet[Discrepancy]:
    """What waits for finance; found by a partial index."""
    return Discrepancy.objects.filter(status=Discrepancy.Status.OPEN)
