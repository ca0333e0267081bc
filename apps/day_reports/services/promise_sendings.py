from __future__ import annotations

from datetime import date, datetime
from uuid import UUID

from django.db import transaction

from apps.core.public_ids import new_id_at
from apps.core.work.outbox import wake_on_commit
from apps.day_reports.due_work import SEND
from apps.day_reports.models import ReportSending, ReportSubscription, SendingStatus, Way
from apps.day_reports.selectors.ready_reports import ReadyReport, ready_reports


def promise_sendings(*, now: datetime) -> int:
    """A sending for each report that is ready and was not promised to its receiver yet; a report
    that changed since is one more, with the next version. Returns how many. Safe to repeat, and on
    two machines."""
    holding = ReportSubscription.objects.filter(number__isnull=False, ended_at=None)
    promised, failure = 0, None
    for subscription_id in holding.order_by("pk").values_list("pk", flat=True):
        try:
            promised += _promise(subscription_id, now=now)
        except Exception as error:
            failure = error
    if failure is not None:
        raise failure
    return promised


@transaction.atomic
def _promise(subscription_id: UUID, *, now: datetime) -> int:
    subscription = (
        ReportSubscription.objects.select_for_update(of=("self",), skip_locked=True)
        .select_related("merchant", "provider_account")
        .filter(pk=subscription_id, ended_at=None)
        .first()
    )
    if subscription is None:
        return 0
    ready = list(ready_reports(subscription, now=now))
    ways = [
        *([Way.EMAIL] if subscription.emails else []),
        *([Way.SFTP] if subscription.host else []),
    ]
    # What each receiver was last promised of a day.
    last: dict[tuple[str, date, str], tuple[int, str]] = {}
    for way, day, currency, version, key in (
        ReportSending.objects.filter(
            root_id=subscription.root_id, day__in={one.day for one in ready}
        )
        .order_by("version")
        .values_list("way", "day", "currency", "version", "source_key")
    ):
        last[way, day, currency] = (version, key)
    promised = []
    for report in ready:
        for way in ways:
            version, key = last.get((way.value, report.day, report.currency), (0, ""))
            if key != report.source_key:
                promised.append(_sending(subscription, report, way, version + 1, now=now))
    ReportSending.objects.bulk_create(promised)
    if promised:
        wake_on_commit(SEND)
    return len(promised)


def _sending(
    subscription: ReportSubscription, report: ReadyReport, way: Way, version: int, *, now: datetime
) -> ReportSending:
    return ReportSending(
        id=new_id_at(now),
        subscription=subscription,
        root_id=subscription.root_id,
        way=way,
        day=report.day,
        currency=report.currency,
        source_key=report.source_key,
        version=version,
        status=SendingStatus.WAITING,
        created_at=now,
        due_at=now,
    )
