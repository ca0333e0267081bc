from __future__ import annotations

from apps.reconciliation.models import Discrepancy, StatementLine
from apps.reconciliation.rules.money_out import OUTGOING
from apps.reconciliation.rules.same_movement import same_movement
from apps.reconciliation.rules.write_off import GIVEN_UP, GIVEN_UP_OF_LINE


def given_up_with(line: StatementLine) -> Discrepancy | None:
    """By what the money of a line was written off or corrected, as nobody's: with it, or with
    another line of the same movement."""
    has_left = (line.amount or 0) < 0 or line.operation in {one.value for one in OUTGOING}
    return (
        Discrepancy.objects.filter(
            same_movement(line),
            provider_account_id=line.statement.provider_account_id,
            kind__in=GIVEN_UP_OF_LINE,
            status__in=GIVEN_UP,
            # What left was lost, what came in was gained.
            **{"value_at_risk__gt" if has_left else "value_at_risk__lt": 0},
        )
        .order_by("id")
        .first()
    )
