from __future__ import annotations

from datetime import date
from uuid import UUID

from django.db import connection
from django.utils.translation import gettext_lazy as _

from apps.core.errors import DomainError
from apps.reconciliation.models import ClosedMonth


class MonthClosed(DomainError):
    code = "month_closed"
    status = 409
    title = "This month is closed."
    staff_words = _("This month is closed. Two people can open it again.")


def lock_months(account_id: UUID, first_day: date, last_day: date) -> None:
    """Keep the months of these days open until the transaction ends; others may do so too.

    Raises:
        MonthClosed: one of them is closed, or is just being.
    """
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT pg_try_advisory_xact_lock_shared(hashtextextended(%s, 0))",
            [_key(account_id)],
        )
        is_open = bool(cursor.fetchone()[0])
    closed = ClosedMonth.objects.filter(
        provider_account_id=account_id,
        month__gte=first_day.replace(day=1),
        month__lte=last_day,
        reopened_at=None,
    )
    if not is_open or closed.exists():
        raise MonthClosed(field="day")


def take_months(account_id: UUID) -> bool:
    """Take all months of an account for oneself; False: a report is just coming or going."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT pg_try_advisory_xact_lock(hashtextextended(%s, 0))", [_key(account_id)]
        )
        return bool(cursor.fetchone()[0])


def _key(account_id: UUID) -> str:
    return f"reconciliation.months/{account_id}"
