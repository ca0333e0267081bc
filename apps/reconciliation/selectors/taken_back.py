from __future__ import annotations

from django.db.models import Q

from apps.orchestration.models import Attempt
from apps.providers.contract import Outcome, OwnMovement
from apps.reconciliation.models import StatementLine

IS_COLLECTED = Q(operation=Attempt.Operation.COLLECT)


def taken_back(line: StatementLine) -> Attempt | None:
    """The payment whose name money left under, or the payout or refund whose money came back, by a
    reference of the line; None: no such line."""
    is_return = line.operation == OwnMovement.RETURNED.value
    has_left = (line.amount or 0) < 0 or line.operation == Attempt.Operation.REFUND
    if not (is_return or has_left) or line.attempt_id or line.outcome != Outcome.SUCCEEDED.value:
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
        )
        .filter(~IS_COLLECTED if is_return else IS_COLLECTED)
        .order_by("id")
        .first()
    )
