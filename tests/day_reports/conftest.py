from __future__ import annotations

from datetime import timedelta

import pytest

from apps.day_reports.models import DayCycle
from apps.day_reports.rules.day_bounds import MARGIN, end_of
from apps.day_reports.services.begin_cycles import begin_cycles
from apps.day_reports.services.sum_day import sum_day
from tests.ledger.horizon import wait_for_older_transactions
from tests.payouts.conftest import account, give, merchant, provider

__all__ = ["account", "give", "merchant", "provider", "sum_next"]


def sum_next(merchant, *, livemode=False):
    """The merchant's next day, as soon as it is over; all that was committed before is in it."""
    cycle = DayCycle.objects.filter(merchant=merchant, livemode=livemode).first()
    now = end_of(cycle.next_day, merchant.timezone) + MARGIN
    wait_for_older_transactions()
    return sum_day(cycle_id=cycle.pk, now=now + timedelta(seconds=1))


@pytest.fixture
def day(clock, merchant):
    """The merchant's first day: one payment."""
    begin_cycles(now=clock.now)
    return sum_next(merchant)
