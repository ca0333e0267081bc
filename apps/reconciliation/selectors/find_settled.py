from __future__ import annotations

from collections.abc import Collection
from uuid import UUID

from django.db.models import Exists, OuterRef, Q, QuerySet

from apps.reconciliation.models import (
    Discrepancy,
    HandMatch,
    Statement,
    StatementDay,
    StatementLine,
)

Kind = Discrepancy.Kind
Match = StatementLine.Match
Reason = StatementLine.Reason

# Why a line's attempt is not known, in the words of the line.
NOT_KNOWN = (
    Reason.NO_REFERENCE,
    Reason.NOT_FOUND,
    Reason.SEVERAL_CANDIDATES,
    Reason.NO_OTHER_SIDE,
    Reason.CAME_BACK,
)


def find_settled(
    rows: QuerySet[Discrepancy], *, compared: Collection[UUID]
) -> QuerySet[Discrepancy]:
    """Of discrepancies that are closed, those that the comparison would not leave open now: their
    report was withdrawn, their line says something else or counts no more, a line has their attempt
    after all, or the report of their day has come.

    Args:
        compared: lines that are compared again anyhow, and their attempts.
    """
    lines = StatementLine.objects.filter(
        Q(attempt_id=OuterRef("attempt_id")) | Q(attempt_id=None),
        pk=OuterRef("line"),
        match=Match.EXCEPTION,
    )
    # As lines were kept before they had reasons, too.
    says_so = Exists(lines.filter(Q(reason=OuterRef("kind")) | Q(reason="")))
    knows_none = Q(kind=Kind.UNKNOWN_TO_US) & Exists(lines.filter(reason__in=NOT_KNOWN))
    counts = {"statement__status": Statement.Status.MATCHED}
    on_a_line = StatementLine.objects.filter(
        attempt_id=OuterRef("attempt_id"), match__in=(Match.MATCHED, Match.EXCEPTION), **counts
    )
    by_hand = HandMatch.objects.filter(
        attempt_id=OuterRef("attempt_id"),
        undone_at=None,
        line__match=Match.MATCHED,
        line__statement__status=Statement.Status.MATCHED,
    )
    known_day = StatementDay.objects.filter(
        provider_account=OuterRef("provider_account"), day=OuterRef("day"), is_whole=True, **counts
    )
    anyhow = HandMatch.objects.filter(line__in=compared, undone_at=None).values("attempt_id")
    otherwise = (
        Q(line__isnull=False) & ~Q(line__in=compared) & ~(says_so | knows_none)
        | Q(kind=Kind.UNKNOWN_TO_THEM)
        & ~Q(attempt_id__in=anyhow)
        & (Exists(on_a_line) | Exists(by_hand))
        | Q(kind=Kind.MISSING_STATEMENT) & Exists(known_day)
    )
    return rows.filter(Q(statement__status=Statement.Status.WITHDRAWN) | otherwise)
