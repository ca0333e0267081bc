from __future__ import annotations

from datetime import date, datetime
from uuid import UUID

from django.db import connection
from django.db.models import Count, Max, Q
from django.utils.translation import gettext_lazy as _

from apps.core.errors import DomainError
from apps.reconciliation.models import ClosedMonth


class MonthClosed(DomainError):
    code = "month_closed"
    status = 409
    title = "This month is closed."
    staff_words = _("This month is closed. Two people can open it again.")


def lock_months(account_id: UUID, first_day: date, last_day: date) -> datetime | None:
    """Keep the months of these days open until the transaction ends; others may do so too. Returns
    when a month of the account was closed last, None for never: what comes now came after it,
    whenever it set out.

    Raises:
        MonthClosed: one of them is closed, or is just being.
    """
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT pg_try_advisory_xact_lock_shared(hashtextextended(%s, 0))",
            [_key(account_id)],
        )
        is_open = bool(cursor.fetchone()[0])
    of_days = Q(month__gte=first_day.replace(day=1), month__lte=last_day)
    closed = ClosedMonth.objects.filter(provider_account_id=account_id, reopened_at=None).aggregate(
        last=Max("closed_at"), count=Count("pk", filter=of_days)
    )
    if not is_open or closed["count"]:
        raise MonthClosed(field="day")
    last: datetime | None = closed["last"]
    return last


def take_months(account_id: UUID) -> bool:
    """Take all months of an account for oneself; False: a report is just coming or going."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT pg_try_advisory_xact_lock(hashtextextended(%s, 0))", [_key(account_id)]
        )
        return bool(cursor.fetchone()[0])


def _key(account_id: UUID) -> str:
    return f"reconciliation.months/{account_id}"
