from __future__ import annotations

from uuid import UUID

from django.db.models import Q, QuerySet

from apps.core.pagination import Page
from apps.disputes.models import Dispute

PAGE = 50


def list_open_disputes(
    among: QuerySet[Dispute], *, status: str, after: UUID | None = None
) -> Page[Dispute]:
    """The open disputes of one status `among` these, what is due first coming first;
    `after`: the last of the page before. One query, and one to find `after`."""
    found = among.filter(status=status, closed_at=None)
    last = among.filter(pk=after).first() if after else None
    if last is not None:
        later = Q(evidence_due_at__gt=last.evidence_due_at)
        found = found.filter(later | Q(evidence_due_at=last.evidence_due_at, pk__gt=last.pk))
    rows = list(
        found.select_related("merchant", "payment").order_by("evidence_due_at", "id")[: PAGE + 1]
    )
    return Page(rows=rows[:PAGE], has_more=len(rows) > PAGE)
