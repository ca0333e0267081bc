from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime, timedelta
from typing import Any

from django.db.models import Count, F, Q
from django.db.models.functions import TruncMinute

from apps.core.public_ids import first_id_at
from apps.monitoring.models import RailMinute
from apps.monitoring.rules.failure_side import OURS, PAYER
from apps.monitoring.rules.response_times import BOUNDS
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


def count_moves(*, since: datetime, until: datetime) -> list[RailMinute]:
    """What the history says of each rail and minute from `since` to before `until`: whole minutes.

    One query, over the moves of that time only. A rail without any has no row.
    """
    # What was closed before it was sent says nothing of the rail.
    ended = Q(to_status__in=CLOSED) & ~Q(from_status=AttemptStatus.CREATED)
    is_payers, is_ours = Q(attempt__failure_code__in=PAYER), Q(attempt__failure_code__in=OURS)
    answered = Q(from_status=AttemptStatus.SUBMITTED, to_status__in=ANSWERED)
    rows: Any = (
        StatusChange.objects.filter(
            id__gte=first_id_at(since - CLOCKS_DIFFER),
            id__lt=first_id_at(until + CLOCKS_DIFFER),
            created_at__gte=since,
            created_at__lt=until,
            attempt__isnull=False,
        )
        .order_by()
        .annotate(waited=F("created_at") - F("attempt__submitted_at"))
        .values(
            "attempt__provider_account_id", "attempt__operation", minute=TruncMinute("created_at")
        )
        .annotate(
            sent=Count("id", filter=Q(to_status=AttemptStatus.SUBMITTED)),
            answered=Count("id", filter=answered),
            succeeded=Count("id", filter=Q(to_status=AttemptStatus.SUCCEEDED)),
            failed_payer=Count("id", filter=ended & is_payers),
            failed_ours=Count("id", filter=ended & is_ours),
            failed_rail=Count("id", filter=ended & ~is_payers & ~is_ours),
            unknown=Count("id", filter=Q(to_status=AttemptStatus.UNKNOWN)),
            **dict(_waited(answered)),
        )
    )
    return [
        RailMinute(
            provider_account_id=row.pop("attempt__provider_account_id"),
            operation=row.pop("attempt__operation"),
            responses=[row.pop(f"waited_{place}") for place in range(len(BOUNDS) + 1)],
            **row,
        )
        for row in rows
    ]


def _waited(answered: Q) -> Iterable[tuple[str, Count]]:
    lower = Q()
    for place, bound in enumerate(BOUNDS):
        upper = timedelta(seconds=bound)
        yield f"waited_{place}", Count("id", filter=answered & lower & Q(waited__lte=upper))
        lower = Q(waited__gt=upper)
    yield f"waited_{len(BOUNDS)}", Count("id", filter=answered & lower)
