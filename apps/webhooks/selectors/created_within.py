from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any, TypeVar

from django.db.models import Model, QuerySet

from apps.core.public_ids import first_id_at

Row = TypeVar("Row", bound=Model)

# A row's id is made within this of its created_at.
ID_FOLLOWS_WITHIN = timedelta(minutes=1)


def created_within(
    rows: QuerySet[Row], *, after: datetime | None, before: datetime | None, of: str = ""
) -> QuerySet[Row]:
    """Those created at `after` or later and before `before`; or those `of` which, as in
    "delivery", that is true.

    Ids begin with the time: bounds on them let any index that ends in the id find the range.
    """
    created_at, id = (f"{of}__created_at", f"{of}_id") if of else ("created_at", "id")
    bounds: dict[str, Any] = {}
    if after is not None:
        bounds |= {f"{created_at}__gte": after, f"{id}__gte": first_id_at(_shift(after, -1))}
    if before is not None:
        bounds |= {f"{created_at}__lt": before, f"{id}__lt": first_id_at(_shift(before, 1))}
    return rows.filter(**bounds)


def _shift(moment: datetime, sign: int) -> datetime:
    try:
        return moment + sign * ID_FOLLOWS_WITHIN
    except OverflowError:
        # At the end of the calendar.
        return moment
