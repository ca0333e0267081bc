from __future__ import annotations

import hashlib
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from uuid import UUID
from zoneinfo import ZoneInfo

from apps.day_reports.models import MerchantDay, ReportSubscription
from apps.day_reports.rules.day_bounds import end_of
from apps.reconciliation.models import Statement, StatementDay

# A report that gets ready, or changes, later than this is sent by hand.
DAYS_BACK = 35


@dataclass(frozen=True, slots=True)
class ReadyReport:
    """`source_key`: what it is made of. Other content, another key."""

    day: date
    currency: str
    source_key: str


def ready_reports(subscription: ReportSubscription, *, now: datetime) -> Iterator[ReadyReport]:
    """The reports of the last days that can be sent now, the oldest first. Two queries at most."""
    zone = subscription.timezone
    first = max(
        subscription.first_day, now.astimezone(ZoneInfo(zone)).date() - timedelta(DAYS_BACK)
    )
    found = (
        _of_merchant(subscription, first)
        if subscription.merchant_id
        else _of_account(subscription, first)
    )
    for report in found:
        from_then_on = end_of(report.day, zone) + timedelta(hours=subscription.hour or 0)
        if now >= from_then_on:
            yield report


def _of_merchant(subscription: ReportSubscription, first: date) -> Iterator[ReadyReport]:
    days = MerchantDay.objects.filter(
        merchant=subscription.merchant,
        livemode=subscription.livemode,
        superseded_at=None,
        day__gte=first,
    )
    for one in days.order_by("day", "currency").only("id", "day", "currency"):
        yield ReadyReport(one.day, one.currency, one.pk.hex)


def _of_account(subscription: ReportSubscription, first: date) -> Iterator[ReadyReport]:
    assert subscription.provider_account_id is not None  # noqa: S101 (the database refuses it)
    for day, key in account_days(subscription.provider_account_id, first_day=first):
        yield ReadyReport(day, "", key)


def account_days(
    account_id: UUID, *, first_day: date, last_day: date = date.max
) -> Iterator[tuple[date, str]]:
    """The days whose reports are matched, all of them, each with its `source_key`: a day of which
    one is just being read waits. One query."""
    covered = StatementDay.objects.filter(
        provider_account_id=account_id,
        day__gte=first_day,
        day__lte=last_day,
        statement__status__in=[Statement.Status.STAGED, Statement.Status.MATCHED],
    )
    by_day: dict[date, list[tuple[str, str, bool]]] = {}
    for day, statement_id, status, is_whole in covered.order_by("day", "statement_id").values_list(
        "day", "statement_id", "statement__status", "is_whole"
    ):
        by_day.setdefault(day, []).append((statement_id.hex, status, is_whole))
    for day, statements in by_day.items():
        is_matched = all(status == Statement.Status.MATCHED for _, status, _ in statements)
        if is_matched and any(is_whole for _, _, is_whole in statements):
            key = hashlib.sha256(",".join(one for one, _, _ in statements).encode()).hexdigest()
            yield day, key
