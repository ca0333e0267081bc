from __future__ import annotations

from collections import Counter
from collections.abc import Collection
from uuid import UUID

from django.db import transaction
from django.db.models import F, OuterRef, Subquery

from apps.providers.models import Callback

# Of one attempt: more than any provider sends, retries included.
KEPT_MAX = 50


@transaction.atomic
def forget_surplus_callbacks(callback_ids: Collection[UUID]) -> int:
    """Delete those of these handled callbacks that came after KEPT_MAX others of their attempt, and
    count them on the first; returns how many. One query where there are none.

    Whoever has the token of one attempt must not fill the database with it.
    """
    earlier = Callback.objects.filter(attempt_id=OuterRef("attempt_id"), id__lt=OuterRef("id"))
    surplus = list(
        Callback.objects.filter(id__in=callback_ids)
        # Any order: only whether there is such a one counts.
        .annotate(one_too_many=Subquery(earlier.values("id")[KEPT_MAX - 1 : KEPT_MAX]))
        .filter(one_too_many__isnull=False)
        .values_list("id", "attempt_id")
    )
    if not surplus:
        return 0
    Callback.objects.filter(id__in=[callback_id for callback_id, _ in surplus]).delete()
    for attempt_id, count in sorted(Counter(attempt_id for _, attempt_id in surplus).items()):
        first = Callback.objects.filter(attempt_id=attempt_id).order_by("id").values("id")[:1]
        Callback.objects.filter(id__in=first).update(more_count=F("more_count") + count)
    return len(surplus)
