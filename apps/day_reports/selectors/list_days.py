from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date, datetime
from typing import Any

from apps.core.pagination import Page, read_page
from apps.day_reports.models import MerchantDay
from apps.day_reports.rules.day_bounds import end_of
from apps.day_reports.rules.refusals import DayNotOver
from apps.merchants.caller import Caller


def list_days(
    *,
    caller: Caller,
    query: Mapping[str, Any],
    currencies: Sequence[str] = (),
    first_day: date | None = None,
    last_day: date | None = None,
    now: datetime,
) -> Page[MerchantDay]:
    """The page of the caller's day reports that `limit` and `starting_after` of the query ask for:
    those that hold, newest first. One query.

    Raises:
        DayNotOver: `last_day` is not.
    """
    # One may be counted anew while its reader is at the next page.
    own = MerchantDay.objects.filter(merchant=caller.merchant, livemode=caller.livemode)
    found = own.filter(superseded_at=None)
    if currencies:
        found = found.filter(currency__in=currencies)
    if first_day is not None:
        found = found.filter(day__gte=first_day)
    if last_day is not None:
        zone = caller.merchant.timezone
        if last_day >= date.max or now < end_of(last_day, zone):
            raise DayNotOver(f"It ends at midnight in {zone}.", field="last_day")
        found = found.filter(day__lte=last_day)
    return read_page(found, own=own, query=query, prefix="day")
