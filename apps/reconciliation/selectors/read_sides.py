from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from django.db.models import Q

from apps.ledger.selectors.list_transfers import list_transfers
from apps.orchestration.models import Attempt, AttemptStatus
from apps.orchestration.selectors.load_attempts import load_attempts
from apps.reconciliation.models import Discrepancy, DiscrepancyEvent, StatementLine
from apps.reconciliation.rules.hand_match import MATCHABLE

# A person reads no more of them.
CANDIDATES_MAX = 8
CANDIDATE_DAYS = 3


@dataclass(frozen=True, slots=True)
class Sides:
    """Their line and our attempt, with what the ledger has of it, and what became of the
    discrepancy so far. `candidates`: attempts that the line may stand for."""

    line: StatementLine | None
    attempt: Attempt | None
    transfers: Sequence[Any]
    events: Sequence[DiscrepancyEvent]
    candidates: Sequence[Attempt]


def read_sides(discrepancy: Discrepancy) -> Sides:
    """Both sides of one discrepancy, read with its line. Six queries at most."""
    found = load_attempts([discrepancy.attempt_id]) if discrepancy.attempt_id else {}
    attempt = next(iter(found.values()), None)
    return Sides(
        line=discrepancy.line,
        attempt=attempt,
        transfers=list_transfers(source_id=attempt.owner_id) if attempt else (),
        events=list(discrepancy.events.order_by("-sequence")),
        candidates=find_candidates(discrepancy),
    )


def find_candidates(discrepancy: Discrepancy) -> Sequence[Attempt]:
    """Paid attempts that no report has, of the line's account and currency, within three days of
    it: those of its amount first, then the nearest. Never matched by themselves."""
    line = discrepancy.line
    if line is None or line.amount is None or discrepancy.kind not in MATCHABLE:
        return []
    missing = Discrepancy.objects.filter(
        provider_account_id=discrepancy.provider_account_id,
        kind=Discrepancy.Kind.UNKNOWN_TO_THEM,
        status=Discrepancy.Status.OPEN,
        currency=line.currency,
        attempt_id__isnull=False,
    )
    amount = abs(line.amount)
    equal = missing.filter(our_amount=amount).values_list("attempt_id", flat=True)
    near = missing.filter(our_amount__lt=2 * amount).values_list("attempt_id", flat=True)
    ids: list[Any] = list(
        dict.fromkeys([*equal.order_by("id")[:CANDIDATES_MAX], *near[:CANDIDATES_MAX]])
    )
    rows = Attempt.objects.filter(pk__in=ids, status=AttemptStatus.SUCCEEDED)
    if line.occurred_at is not None:
        around = timedelta(days=CANDIDATE_DAYS)
        rows = rows.filter(
            Q(completed_at=None)
            | Q(completed_at__range=(line.occurred_at - around, line.occurred_at + around))
        )
    found = load_attempts(list(rows.values_list("pk", flat=True)))
    return sorted(
        found.values(),
        key=lambda one: (abs((one.amount or one.owner.amount) - amount), one.pk),
    )[:CANDIDATES_MAX]
