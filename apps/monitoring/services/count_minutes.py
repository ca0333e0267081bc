from __future__ import annotations

from datetime import datetime, timedelta

from django.db import transaction

from apps.monitoring.models import RailMinute, Watch
from apps.monitoring.selectors.count_moves import count_moves
from apps.monitoring.selectors.read_horizon import read_horizon

# How much of the past one look counts, so that a first look at years does not last for ever.
PAST_AT_ONCE = timedelta(hours=6)
# How far back a first look begins: what is usual is known from four weeks.
PAST_KEPT = timedelta(days=35)
# Counted at each look, however far behind the rest is.
RECENT = timedelta(minutes=3)
# Between a row's time and its transaction's number: a statement's limit, a lock's, and some more.
BEFORE_NUMBERED = timedelta(seconds=60)

COUNTED = (
    "sent", "answered", "succeeded", "failed_payer", "failed_rail", "failed_ours", "unknown",
    "responses",
)  # fmt: skip


@transaction.atomic
def count_minutes(*, now: datetime) -> int:
    """Bring the minutes up to what is committed; returns how many rows of them were written.

    Counts again every minute to which something may have been added since, by transactions that
    were open at the look before: so nothing is missed, however late its commit, and repeating it
    changes nothing. Never part of a payment's own work.
    """
    watch = Watch.objects.select_for_update().get_or_create(defaults=_beginning(now))[0]
    oldest, following = read_horizon()
    begin = watch.counted_until
    end = min(minute_of(now) + timedelta(minutes=1), begin + PAST_AT_ONCE)
    minutes = count_moves(since=begin, until=end)
    recent = max(end, minute_of(now - RECENT))
    minutes += count_moves(since=recent, until=minute_of(now) + timedelta(minutes=1))
    RailMinute.objects.bulk_create(
        minutes,
        update_conflicts=True,
        unique_fields=["provider_account_id", "operation", "minute"],
        update_fields=COUNTED,
    )
    if watch.seen_transaction <= oldest:
        complete = minute_of(watch.seen_at - BEFORE_NUMBERED)
        watch.counted_until = max(begin, min(complete, end))
        watch.seen_transaction, watch.seen_at = following, now
    elif watch.seen_transaction > following:
        # A restored server numbers anew.
        watch.seen_transaction, watch.seen_at = following, now
    watch.save(update_fields=["counted_until", "seen_transaction", "seen_at"])
    return len(minutes)


def minute_of(moment: datetime) -> datetime:
    return moment.replace(second=0, microsecond=0)


def _beginning(now: datetime) -> dict[str, datetime]:
    begin = minute_of(now - PAST_KEPT)
    return {"counted_until": begin, "summed_until": begin, "seen_at": now, "leased_until": now}
