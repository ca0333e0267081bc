from __future__ import annotations

from collections import Counter
from collections.abc import Collection
from uuid import UUID

from django.db import connection, transaction
from django.db.models import F

from apps.providers.models import Callback

# Of one attempt: more than any provider sends, retries included.
KEPT_MAX = 50

# Composed once: each round of handled callbacks asks it. In any order of the earlier ones: only
# whether there are so many counts.
SURPLUS = f"""
SELECT c.id, c.attempt_id FROM providers_callback c
 WHERE c.id = ANY(%s) AND EXISTS (
    SELECT FROM providers_callback e
     WHERE e.attempt_id = c.attempt_id AND e.id < c.id OFFSET {KEPT_MAX - 1})
"""  # noqa: S608 (our own number)


@transaction.atomic(savepoint=False)
def forget_surplus_callbacks(callback_ids: Collection[UUID]) -> int:
    """Delete those of these handled callbacks that came after KEPT_MAX others of their attempt, and
    count them on the first; returns how many. One query where there are none.

    Whoever has the token of one attempt must not fill the database with it.
    """
    with connection.cursor() as cursor:
        cursor.execute(SURPLUS, [list(callback_ids)])
        surplus = cursor.fetchall()
    if not surplus:
        return 0
    Callback.objects.filter(id__in=[callback_id for callback_id, _ in surplus]).delete()
    for attempt_id, count in sorted(Counter(attempt_id for _, attempt_id in surplus).items()):
        first = Callback.objects.filter(attempt_id=attempt_id).order_by("id").values("id")[:1]
        Callback.objects.filter(id__in=first).update(more_count=F("more_count") + count)
    return len(surplus)
