from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime

from django.db.models import Count, Min, Q

from apps.core.models import OutboxMessage
from apps.core.work.outbox import OutboxTopic
from apps.core.work.topics import routes
from apps.monitoring.models import BookCheck, Incident, Notification, Watch
from apps.monitoring.rules.response_times import BOUNDS
from apps.monitoring.selectors.rail_health import WINDOW_S, RailHealth, rail_health
from apps.orchestration.models import DueAttempt
from apps.providers.selectors.accounts import all_accounts
from apps.webhooks.models import DeliveryState

# Counting stops here: a longer queue is as alarming.
COUNTED_MAX = 10_000


@dataclass(frozen=True, slots=True)
class Gauge:
    """One figure with its labels, as machines read it."""

    name: str
    help: str
    value: float
    labels: Mapping[str, str]


def read_gauges(*, now: datetime) -> Iterator[Gauge]:
    """What a scrape is told: of the database, so the same whichever process answers.

    Bounded, however long a queue is.
    """
    yield from _queues(now)
    yield from _watch(now)
    for one in rail_health(now=now):
        yield from _rail(one)


def _queues(now: datetime) -> Iterator[Gauge]:
    for topic, route in routes().items():
        if not isinstance(route.source, OutboxTopic):
            continue
        due = OutboxMessage.objects.filter(topic=topic, available_at__lte=now)
        oldest = due.order_by("available_at").values_list("available_at", flat=True).first()
        yield from _queue(topic, due[:COUNTED_MAX].count(), oldest, now)
    accounts = [account.pk for account in all_accounts()]
    for is_sent, topic in ((False, "attempt.submit"), (True, "attempt.poll")):
        attempts = DueAttempt.objects.filter(
            is_sent=is_sent, provider_account_id__in=accounts, next_check_at__lte=now
        )
        found = attempts.aggregate(count=Count("attempt_id"), oldest=Min("next_check_at"))
        yield from _queue(topic, found["count"], found["oldest"], now)
    deliveries = DeliveryState.objects.filter(
        status="pending", is_held=False, is_waiting=False, next_attempt_at__lte=now
    )
    oldest = (
        deliveries.order_by("next_attempt_at").values_list("next_attempt_at", flat=True).first()
    )
    yield from _queue("webhook.deliver", deliveries[:COUNTED_MAX].count(), oldest, now)
    yield Gauge(
        "lomi_work_needs_person",
        "Pieces of work that failed too often",
        OutboxMessage.objects.filter(needs_person_since__isnull=False)[:COUNTED_MAX].count(),
        {},
    )


def _queue(topic: str, count: int, oldest: datetime | None, now: datetime) -> Iterator[Gauge]:
    labels = {"topic": topic}
    age_s = max(0.0, (now - oldest).total_seconds()) if oldest else 0.0
    yield Gauge("lomi_work_due", "Due pieces of work of a topic", count, labels)
    yield Gauge("lomi_work_oldest_seconds", "For how long the oldest has been due", age_s, labels)


def _watch(now: datetime) -> Iterator[Gauge]:
    watch = Watch.objects.first()
    if watch is not None:
        lag_s = (now - watch.looked_at(now=now)).total_seconds()
        yield Gauge("lomi_watch_age_seconds", "Since the last look of the monitoring", lag_s, {})
    check = BookCheck.objects.order_by("-id").first()
    if check is not None:
        age_s = (now - check.checked_at).total_seconds()
        yield Gauge("lomi_books_age_seconds", "Since the last check of the books", age_s, {})
        help_text = "What the last check of the books found"
        yield Gauge("lomi_books_violations", help_text, check.violations, {})
    open_ones = Incident.objects.filter(resolved_at=None, opened_at__isnull=False)
    counted = open_ones.aggregate(
        critical=Count("id", filter=Q(severity="critical")),
        warning=Count("id", filter=Q(severity="warning")),
    )
    for severity, count in counted.items():
        yield Gauge("lomi_incidents_open", "Open incidents", count, {"severity": severity})
    waiting = Notification.objects.filter(
        status=Notification.Status.PENDING, incident__in=open_ones
    )
    yield Gauge("lomi_notifications_pending", "Alerts not yet taken", waiting.count(), {})


def _rail(one: RailHealth) -> Iterator[Gauge]:
    labels = {
        "provider": one.account.connector,
        "country": one.account.country,
        "operation": one.operation,
        "account": one.account.public_id,
        "mode": "live" if one.account.livemode else "test",
    }
    minutes = round(WINDOW_S / 60)
    lately = one.lately
    for result, count in (
        ("sent", lately.sent),
        ("succeeded", lately.succeeded),
        ("failed_payer", lately.failed_payer),
        ("failed_rail", lately.failed_rail),
        ("failed_ours", lately.failed_ours),
        ("unknown", lately.unknown),
    ):
        yield Gauge(
            "lomi_rail_orders",
            f"Orders of the last {minutes} minutes, by what became of them",
            count,
            {**labels, "result": result},
        )
    up_to = 0
    for bound, count in zip((*map(str, BOUNDS), "+Inf"), lately.responses, strict=True):
        up_to += count
        yield Gauge(
            "lomi_rail_answers",
            f"First answers of the last {minutes} minutes, by the seconds they took at most",
            up_to,
            {**labels, "le": bound},
        )
    yield Gauge("lomi_rail_circuit_open", "Its provider hangs or fails", one.is_delayed, labels)
    yield Gauge(
        "lomi_rail_statements_missing", "Days without a report", one.statements_missing, labels
    )
    for health in type(one.health):
        yield Gauge(
            "lomi_rail_health",
            "1 for the word that is so",
            one.health == health,
            {**labels, "health": health.value},
        )
