from __future__ import annotations

from apps.day_reports.models import MerchantDay
from apps.day_reports.rules.refusals import DayReportNotFound
from apps.merchants.caller import Caller
from apps.merchants.ownership import find_own


def find_day(public_id: str, *, caller: Caller) -> MerchantDay:
    """The caller's day report, of whichever version, with its merchant; another's is not found,
    like one that never was. One query."""
    return find_own(
        MerchantDay.objects.select_related("merchant"),
        public_id,
        prefix="day",
        caller=caller,
        not_found=DayReportNotFound,
    )
