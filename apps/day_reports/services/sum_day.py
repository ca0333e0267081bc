from __future__ import annotations

from datetime import date, datetime, timedelta
from typing import Any
from uuid import UUID

from django.db import transaction

from apps.core.postgresql.long_statements import long_statements
from apps.core.public_ids import new_id_at
from apps.core.work.counted_failures import FAILURE_FIELDS
from apps.day_reports.models import DayCycle, MerchantDay
from apps.day_reports.rules.day_bounds import MARGIN, begin_of, end_of
from apps.day_reports.rules.day_does_not_add import DayDoesNotAdd
from apps.day_reports.selectors.day_totals import day_totals
from apps.ledger.selectors.read_period import read_balance_before, read_horizon
from apps.ledger.selectors.read_times import read_net_since

# How many days back a transfer may be committed late; no transaction lives as long.
CORRECTED_MAX = 35
# Looked at in any case: what came late may be nothing in sum.
ALWAYS_LOOKED_AT = 3


def sum_day(
    *, cycle_id: UUID, now: datetime, leased_until: datetime | None = None
) -> MerchantDay | None:
    """Sum the next day of a cycle, of all that was committed before every transaction still open.
    Where days before it have got movements since, they get new versions first.

    None where the day is not over yet. Safe to repeat: a day once summed is followed by the next.

    Args:
        leased_until: what the row's due time was when it was claimed; if it is another, somebody
            was there meanwhile, and nothing is done.

    Raises:
        DayDoesNotAdd.
    """
    with transaction.atomic(), long_statements():
        cycle = (
            DayCycle.objects.select_for_update(of=("self",))
            .select_related("merchant")
            .get(pk=cycle_id)
        )
        if leased_until is not None and cycle.due_at != leased_until:
            return None
        zone = cycle.merchant.timezone
        ends_at = end_of(cycle.next_day, zone)
        day = None
        if now >= ends_at + MARGIN:
            day = _sum(cycle, ends_at, now=now)
            cycle.next_day += timedelta(days=1)
        cycle.due_at = end_of(cycle.next_day, zone) + MARGIN
        cycle.forget_failures()
        cycle.save(update_fields=["next_day", "due_at", *FAILURE_FIELDS])
        return day


def _sum(cycle: DayCycle, ends_at: datetime, *, now: datetime) -> MerchantDay:
    # Read once: every statement of this transaction sees all that ended before it.
    horizon = read_horizon()
    earlier = _earlier(cycle)
    # A merchant that moves to another zone has one longer or shorter day, and none is left out.
    begins_at = earlier[0].ends_at if earlier else begin_of(cycle.next_day, cycle.merchant.timezone)
    closing = read_balance_before(cycle.account_id, horizon=horizon)
    closing -= read_net_since(cycle.account_id, since=ends_at, horizon=horizon)
    totals = day_totals(cycle.account_id, begins_at=begins_at, ends_at=ends_at, horizon=horizon)
    opening = closing - _amount(totals)
    _correct(earlier, opening, horizon=horizon, now=now)
    return _write(
        cycle,
        day=cycle.next_day,
        version=1,
        zone=cycle.merchant.timezone,
        begins_at=begins_at,
        ends_at=ends_at,
        closing=closing,
        totals=totals,
        horizon=horizon,
        now=now,
    )


def _earlier(cycle: DayCycle) -> list[MerchantDay]:
    """The days before it as they hold, the latest first."""
    found = MerchantDay.objects.filter(
        merchant_id=cycle.merchant_id,
        livemode=cycle.livemode,
        currency=cycle.currency,
        superseded_at=None,
    )
    return list(found.order_by("-day")[: CORRECTED_MAX + 1])


def _correct(earlier: list[MerchantDay], closing: int, *, horizon: int, now: datetime) -> None:
    """From the latest back to the first that is as it was: each closes with what the next opens
    with."""
    for place, before in enumerate(earlier):
        if place >= ALWAYS_LOOKED_AT and before.closing_balance == closing:
            return
        if place == CORRECTED_MAX:
            raise DayDoesNotAdd(f"day {before.pk}: no day since explains {closing}")
        totals = day_totals(
            before.account_id,
            begins_at=before.begins_at,
            ends_at=before.ends_at,
            horizon=horizon,
        )
        if totals != before.totals or before.closing_balance != closing:
            MerchantDay.objects.filter(pk=before.pk).update(superseded_at=now)
            _write(
                before,
                day=before.day,
                version=before.version + 1,
                zone=before.timezone,
                begins_at=before.begins_at,
                ends_at=before.ends_at,
                closing=closing,
                totals=totals,
                horizon=horizon,
                now=now,
            )
        closing -= _amount(totals)


def _write(
    of: DayCycle | MerchantDay,
    *,
    day: date,
    version: int,
    zone: str,
    begins_at: datetime,
    ends_at: datetime,
    closing: int,
    totals: list[dict[str, Any]],
    horizon: int,
    now: datetime,
) -> MerchantDay:
    return MerchantDay.objects.create(
        id=new_id_at(now),
        merchant_id=of.merchant_id,
        livemode=of.livemode,
        currency=of.currency,
        account_id=of.account_id,
        day=day,
        version=version,
        timezone=zone,
        begins_at=begins_at,
        ends_at=ends_at,
        horizon=horizon,
        opening_balance=closing - _amount(totals),
        closing_balance=closing,
        line_count=sum(one["count"] for one in totals),
        totals=totals,
        created_at=now,
    )


def _amount(totals: list[dict[str, Any]]) -> int:
    return sum(one["amount"] for one in totals)
