from __future__ import annotations

from datetime import datetime, timedelta

from django.db.models import BigIntegerField, DecimalField, F, OuterRef, QuerySet, Subquery
from django.db.models.expressions import RawSQL

from apps.floats.models import FloatReading, FloatWatch

# What a drift is measured against.
BEFORE = timedelta(days=1)
# Over so long what leaves is counted; with less than a day of readings nothing is said.
COUNTED_FOR = timedelta(days=7)
COUNTED_FOR_MIN = timedelta(days=1)

# What the wallet lost from one reading to the next, a day. What came in between two readings hides
# as much of it: it is what left at the least.
DAILY_OUTFLOW = """
SELECT sum(GREATEST(before - payable, 0)) * 86400
       / extract(epoch FROM max(read_at) - min(read_at))
  FROM (SELECT payable, read_at, lag(payable) OVER (ORDER BY read_at) AS before
          FROM floats_floatreading r
         WHERE r.provider_account_id = floats_floatwatch.provider_account_id
           AND r.read_at > %s AND r.payable IS NOT NULL) each
HAVING max(read_at) - min(read_at) >= %s
"""


def with_standing(watches: QuerySet[FloatWatch], *, now: datetime) -> QuerySet[FloatWatch]:
    """Each with its newest reading, as attributes; all None where there is none.

    `wallets`, `available`, `payable`, `in_books`, `read_at`: as FloatReading has them.
    `difference`: what the provider has more than our books, minor units; before what was there when
    the books began and what was topped up or taken home.
    `difference_before`: the same a day ago: what it changed by is money nobody explains.
    `daily_outflow`: minor units a day that leave what payouts are taken from.
    """
    newest = FloatReading.objects.filter(
        provider_account_id=OuterRef("provider_account_id")
    ).order_by("-read_at")
    before = newest.filter(read_at__lte=now - BEFORE)

    def value(rows: QuerySet[FloatReading], name: str) -> Subquery:
        return Subquery(rows.values(name)[:1])

    return watches.select_related("provider_account").annotate(
        wallets=value(newest, "wallets"),
        available=value(newest, "available"),
        payable=value(newest, "payable"),
        in_books=value(newest, "in_books"),
        read_at=value(newest, "read_at"),
        difference=F("available") - F("in_books"),
        difference_before=Subquery(
            before.annotate(
                difference=F("available") - F("in_books"),
            ).values("difference")[:1],
            output_field=BigIntegerField(),
        ),
        daily_outflow=RawSQL(  # noqa: S611 (our own words)
            f"({DAILY_OUTFLOW})",
            [now - COUNTED_FOR, COUNTED_FOR_MIN],
            output_field=DecimalField(),
        ),
    )
