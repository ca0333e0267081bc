from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from django.contrib.postgres.fields import ArrayField
from django.db.models import Case, Count, DurationField, F, Func, IntegerField, Q, Value, When
from django.db.models.functions import TruncMinute

from apps.core.public_ids import first_id_at
from apps.monitoring.models import RailMinute
from apps.monitoring.rules.failure_side import OURS, PAYER
from apps.monitoring.rules.response_times import BOUNDS, SIZE
from apps.orchestration.models import AttemptStatus, StatusChange

# Ids carry the clock of the host that made them, the times beside them the database's.
CLOCKS_DIFFER = timedelta(minutes=1)

CLOSED = (AttemptStatus.FAILED, AttemptStatus.NOT_SENT)
ANSWERED = (
    AttemptStatus.PENDING,
    AttemptStatus.REQUIRES_ACTION,
    AttemptStatus.AUTHORIZED,
    AttemptStatus.SUCCEEDED,
    AttemptStatus.FAILED,
)
SUBMITTED = AttemptStatus.SUBMITTED
BY_WORD = {
    AttemptStatus.SUBMITTED: "sent",
    AttemptStatus.SUCCEEDED: "succeeded",
    AttemptStatus.UNKNOWN: "unknown",
}


def count_moves(*, since: datetime, until: datetime) -> list[RailMinute]:
    """What the history says of each rail and minute from `since` to before `until`: whole minutes.

    One query, over the moves of that time only. It counts how often each move occurs and leaves
    what that means to us: read every few seconds, a row must cost next to nothing. A rail without
    any has no row.
    """
    moves: Any = (
        StatusChange.objects.filter(
            id__gte=first_id_at(since - CLOCKS_DIFFER),
            id__lt=first_id_at(until + CLOCKS_DIFFER),
            created_at__gte=since,
            created_at__lt=until,
            attempt__isnull=False,
        )
        .order_by()
        .values_list(
            "attempt__provider_account_id",
            "attempt__operation",
            TruncMinute("created_at"),
            "from_status",
            "to_status",
            Case(When(to_status__in=CLOSED, then=F("attempt__failure_code")), default=Value("")),
            _step(),
        )
        .annotate(count=Count("id"))
    )
    minutes: dict[tuple[UUID, str, datetime], RailMinute] = {}
    for account_id, operation, minute, from_status, to_status, code, step, count in moves:
        row = minutes.setdefault(
            (account_id, operation, minute),
            RailMinute(
                provider_account_id=account_id,
                operation=operation,
                minute=minute,
                responses=[0] * SIZE,
            ),
        )
        for name in _meaning(from_status, to_status, code):
            setattr(row, name, getattr(row, name) + count)
        if step is not None:
            row.responses[step] += count
    return list(minutes.values())


def _meaning(from_status: str, to_status: str, code: str) -> list[str]:
    """The figures that a move counts in."""
    names = [BY_WORD[AttemptStatus(to_status)]] if to_status in BY_WORD else []
    if from_status == SUBMITTED and to_status in ANSWERED:
        names.append("answered")
    # What was closed before it was sent says nothing of the rail.
    if to_status in CLOSED and from_status != AttemptStatus.CREATED:
        side = "payer" if code in PAYER else "ours" if code in OURS else "rail"
        names.append(f"failed_{side}")
    return names


def _step() -> Case:
    """Which of BOUNDS a first answer came within; NULL for other moves."""
    waited = F("created_at") - F("attempt__submitted_at")
    bounds = Value(
        [timedelta(seconds=bound) for bound in BOUNDS], output_field=ArrayField(DurationField())
    )
    # width_bucket counts a bound itself to what is above it.
    step = Func(
        waited - timedelta(microseconds=1),
        bounds,
        function="width_bucket",
        output_field=IntegerField(),
    )
    return Case(When(Q(from_status=SUBMITTED, to_status__in=ANSWERED), then=step))
