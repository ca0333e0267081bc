from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta

from django.db.models import Q

from apps.orchestration.models import Attempt
from apps.reconciliation.models import Discrepancy
from apps.reconciliation.rules.money_out import OUTGOING, is_line_of
from apps.reconciliation.selectors.read_sides import CANDIDATE_DAYS, CANDIDATES_MAX


def find_candidate_lines(attempt: Attempt, *, amount: int, currency: str) -> Sequence[Discrepancy]:
    """Open lines that nothing of ours was found for and that may be this attempt: of its account
    and currency, within three days of it; those of its amount first, then what is a little less,
    as where the provider keeps a fee. Each as its discrepancy, with its line. Never matched by
    themselves.

    Args:
        amount: the attempt's, in minor units.
    """
    rows = Discrepancy.objects.filter(
        provider_account_id=attempt.provider_account_id,
        kind=Discrepancy.Kind.UNKNOWN_TO_US,
        status=Discrepancy.Status.OPEN,
        currency=currency,
        line__outcome="succeeded",
    ).select_related("line__statement")
    if attempt.completed_at is not None:
        around = timedelta(days=CANDIDATE_DAYS)
        first, last = attempt.completed_at - around, attempt.completed_at + around
        rows = rows.filter(Q(line__occurred_at=None) | Q(line__occurred_at__range=(first, last)))
    # From the amount downwards, as the index goes; of what left some reports write a minus.
    near = list(
        rows.filter(their_amount__range=(amount // 2, amount + 1)).order_by("-their_amount", "id")[
            : 2 * CANDIDATES_MAX
        ]
    )
    if attempt.operation in OUTGOING:
        near += rows.filter(their_amount__range=(-amount - 1, -(amount // 2))).order_by(
            "their_amount", "id"
        )[: 2 * CANDIDATES_MAX]
    fitting = [
        row
        for row in near
        if row.line and is_line_of(row.line.operation, row.line.amount, attempt.operation)
    ]
    return sorted(fitting, key=lambda row: (abs(abs(row.their_amount or 0) - amount), row.pk))[
        :CANDIDATES_MAX
    ]
