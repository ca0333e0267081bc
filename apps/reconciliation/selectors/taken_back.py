from __future__ import annotations

from django.db.models import Q

from apps.orchestration.models import Attempt
from apps.providers.contract import Outcome
from apps.reconciliation.models import StatementLine


def taken_back(line: StatementLine) -> Attempt | None:
    """The payment whose name money left under, by a reference of the line; None: no such line."""
    has_left = (line.amount or 0) < 0 or line.operation == Attempt.Operation.REFUND
    if not has_left or line.attempt_id or line.outcome != Outcome.SUCCEEDED.value:
        return None
    names = Q()
    if line.reference:
        names |= Q(statement_reference=line.reference)
    if line.provider_reference:
        names |= Q(provider_reference=line.provider_reference)
    if not names:
        return None
    return (
        Attempt.objects.filter(
            names,
            provider_account=line.statement.provider_account_id,
            operation=Attempt.Operation.COLLECT,
        )
        .order_by("id")
        .first()
    )
