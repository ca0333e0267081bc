"""Rails with a past: minutes of the weeks before and of just now."""

from __future__ import annotations

from datetime import timedelta

from apps.core.ttl_cache import clear_all
from apps.monitoring.models import RailDay, RailMinute
from apps.monitoring.rules.response_times import SIZE
from apps.monitoring.services.count_minutes import minute_of
from tests.factories import ProviderAccountFactory

# Of each minute: a rail that does what it should.
WELL = {"sent": 100, "answered": 100, "succeeded": 84, "failed_payer": 14, "failed_rail": 2}


def responses(count: int, slow: int = 0) -> list[int]:
    waited = [0] * SIZE
    waited[3], waited[9] = count - slow, slow
    return waited


def make_account(**fields):
    account = ProviderAccountFactory(livemode=True, **fields)
    clear_all()
    return account


def make_minutes(account, first, count, *, slow=0, operation="collect", **counts):
    counts = WELL | counts
    RailMinute.objects.bulk_create(
        RailMinute(
            provider_account_id=account.pk,
            operation=operation,
            minute=minute_of(first) + timedelta(minutes=number),
            responses=responses(counts["answered"], slow),
            **counts,
        )
        for number in range(count)
    )


def make_past(account, now, *, weeks=4, operation="collect"):
    """This hour of the weeks before, and the days of them in sum."""
    hour = now.replace(minute=0, second=0, microsecond=0)
    for back in range(1, weeks + 1):
        make_minutes(account, hour - timedelta(weeks=back), 60, operation=operation)
    day = {name: count * 1000 for name, count in WELL.items()}
    RailDay.objects.create(
        provider_account_id=account.pk,
        operation=operation,
        day=(now - timedelta(days=2)).date(),
        responses=responses(100_000),
        **day,
    )
    clear_all()
