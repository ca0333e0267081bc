from __future__ import annotations

from datetime import date, datetime, timedelta
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from django.db import transaction

from apps.core.work.outbox import wake_on_commit
from apps.day_reports.due_work import SUM
from apps.day_reports.models import DayCycle
from apps.ledger.selectors.merchant_balances import merchant_balances
from apps.merchants.models import Merchant

AT_ONCE = 500
# A balance that moved before there were day reports: of so many days they are made afterwards.
DAYS_BACK_MAX = 31


@transaction.atomic
def begin_cycles(*, now: datetime) -> int:
    """A cycle for each balance of a merchant that has none yet; returns how many were begun. What
    failed too often is tried again, and goes on calling a person (selectors.find_failing). Safe to
    repeat, and on two machines."""
    DayCycle.objects.filter(due_at=None).update(due_at=now)
    accounts = merchant_balances(without=DayCycle.objects.values("account_id"), limit=AT_ONCE)
    merchants = Merchant.objects.in_bulk([one.merchant_id for one in accounts])
    cycles = []
    for account in accounts:
        merchant = merchants.get(account.merchant_id)
        if merchant is None:
            continue
        began = max(account.created_at, now - timedelta(days=DAYS_BACK_MAX))
        cycles.append(
            DayCycle(
                merchant=merchant,
                livemode=account.livemode,
                currency=account.currency,
                account_id=account.account_id,
                next_day=_day_of(began, merchant.timezone),
                due_at=now,
            )
        )
    DayCycle.objects.bulk_create(cycles, ignore_conflicts=True)
    if cycles:
        wake_on_commit(SUM)
    return len(cycles)


def _day_of(moment: datetime, zone: str) -> date:
    try:
        return moment.astimezone(ZoneInfo(zone)).date()
    except (ValueError, ZoneInfoNotFoundError):
        # There is no such zone: its summing fails and calls a person, and no other waits for it.
        return moment.date()
