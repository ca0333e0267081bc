from __future__ import annotations

from uuid import UUID

from django.db.models import Case, CharField, Count, F, Value, When

from apps.payout_batches.models import LineStatus, NameCheck, NameResult
from apps.payout_batches.rules.name_labels import CONFIRMED


def sum_names(batch_id: UUID) -> dict[str, int]:
    """How many ready lines of a batch have each result of the check of their payee's name; another
    person's that somebody confirmed count as "confirmed". A result without lines is 0. One
    query."""
    shown = Case(
        When(result=NameResult.DIFFERENT, confirmed_at__isnull=False, then=Value(CONFIRMED)),
        default=F("result"),
        output_field=CharField(),
    )
    rows = (
        NameCheck.objects.filter(batch_id=batch_id)
        .exclude(line__status__in=[LineStatus.INVALID, LineStatus.DROPPED])
        .values(shown=shown)
        .annotate(count=Count("pk"))
    )
    counts = dict.fromkeys([*NameResult.values, CONFIRMED], 0)
    return counts | {row["shown"]: row["count"] for row in rows}
