"""Work that nobody does: what is due and older than it may become, and what was given up."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime, timedelta

from django.db.models import Count, Min, Q

from apps.core.alerts import Finding, Parameters
from apps.core.models import OutboxMessage
from apps.core.work.outbox import OutboxTopic
from apps.core.work.topics import routes
from apps.monitoring.selectors.rail_readings import group_of, provider_name
from apps.orchestration.models import DueAttempt
from apps.providers.selectors.accounts import all_accounts
from apps.webhooks.models import DeliveryState, Endpoint

COUNTED_MAX = 1000


def stuck_work(wanted: Parameters, now: datetime) -> Iterator[Finding]:
    """The oldest due message of each topic, and webhooks of endpoints that answer.

    wanted: age_s.
    """
    overdue = now - timedelta(seconds=wanted["age_s"])
    for topic, route in routes().items():
        if not isinstance(route.source, OutboxTopic):
            continue
        oldest = (
            OutboxMessage.objects.filter(
                Q(leased_until__isnull=True) | Q(leased_until__lt=now),
                topic=topic,
                available_at__lt=overdue,
            )
            .order_by("available_at")
            .values_list("available_at", flat=True)
            .first()
        )
        if oldest is not None:
            yield _stuck(topic, oldest, now)
    well = Endpoint.objects.filter(failing_since=None, paused_at=None, is_enabled=True)
    oldest = (
        DeliveryState.objects.filter(
            endpoint_id__in=well.values("pk"),
            status="pending",
            is_held=False,
            is_waiting=False,
            is_backlog=False,
            next_attempt_at__lt=overdue,
        )
        .order_by("next_attempt_at")
        .values_list("next_attempt_at", flat=True)
        .first()
    )
    if oldest is not None:
        yield _stuck("webhook.deliver", oldest, now)


def stuck_attempts(wanted: Parameters, now: datetime) -> Iterator[Finding]:
    """Orders that are not sent, or not asked about, though it is their time: account by account.

    wanted: age_s.
    """
    accounts = {
        account.pk: account
        for account in all_accounts()
        if account.livemode or wanted["includes_test"]
    }
    overdue = (
        DueAttempt.objects.filter(
            is_sent__in=[False, True],
            provider_account_id__in=list(accounts),
            next_check_at__lt=now - timedelta(seconds=wanted["age_s"]),
        )
        .order_by()
        .values("provider_account_id", "is_sent")
        .annotate(oldest=Min("next_check_at"), count=Count("attempt_id"))
    )
    for row in overdue:
        account = accounts[row["provider_account_id"]]
        yield Finding(
            key=f"{account.public_id}:{'ask' if row['is_sent'] else 'send'}",
            group=group_of(account),
            facts={
                "provider": provider_name(account.connector),
                "account": account.label,
                "count": row["count"],
                "minutes": round((now - row["oldest"]).total_seconds() / 60),
            },
        )


def work_for_person(wanted: Parameters, now: datetime) -> Iterator[Finding]:
    """Outbox messages that failed too often."""
    count = OutboxMessage.objects.filter(needs_person_since__isnull=False)[:COUNTED_MAX].count()
    if count:
        yield Finding(facts={"count": count})


def _stuck(topic: str, oldest: datetime, now: datetime) -> Finding:
    minutes = round((now - oldest).total_seconds() / 60)
    return Finding(key=topic, group="queue", facts={"topic": topic, "minutes": minutes})
