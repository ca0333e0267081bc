from __future__ import annotations

import logging
from datetime import datetime, timedelta
from uuid import UUID

from django.db import transaction
from django.db.models import Exists, OuterRef

from apps.core.postgresql.long_statements import long_statements
from apps.core.public_ids import first_id_at
from apps.reconciliation.models import Statement, StatementFigures
from apps.reconciliation.services.count_lines import count_lines
from apps.reconciliation.services.lock_matching import lock_matching

# Of one run; the rest waits for the next.
COUNTED_MAX = 200
# The longest time that the page of figures shows, and a report that comes late.
UNKNOWN_SINCE = timedelta(days=100)

logger = logging.getLogger(__name__)


def count_changed_statements(*, now: datetime) -> int:
    """Count the statements whose lines stand otherwise than they were counted; answers how many.

    Also those that were never counted, or whose fees were not. Each is a transaction of its own,
    and one whose account is being matched waits for the next run. Safe to repeat, and on two
    machines.
    """
    _find_never_counted(now)
    changed = StatementFigures.objects.filter(changed_at__isnull=False).order_by("changed_at")
    return sum(_count(pk) for pk in list(changed.values_list("pk", flat=True)[:COUNTED_MAX]))


def _find_never_counted(now: datetime) -> None:
    figures = StatementFigures.objects.filter(statement_id=OuterRef("pk"))
    never = Statement.objects.filter(
        ~Exists(figures),
        status=Statement.Status.MATCHED,
        id__gte=first_id_at(now - UNKNOWN_SINCE),
    ).order_by("-id")
    StatementFigures.objects.bulk_create(
        [
            StatementFigures(statement=statement, day=statement.day, changed_at=now)
            for statement in never[:COUNTED_MAX]
        ],
        ignore_conflicts=True,
    )
    without_fees = StatementFigures.objects.filter(
        are_fees_counted=False, changed_at=None, day__gte=(now - UNKNOWN_SINCE).date()
    ).order_by("-day")
    StatementFigures.objects.filter(
        pk__in=list(without_fees.values_list("pk", flat=True)[:COUNTED_MAX])
    ).update(changed_at=now)


def _count(statement_id: UUID) -> bool:
    statement = Statement.objects.get(pk=statement_id)
    try:
        with transaction.atomic(), long_statements():
            if not lock_matching(statement.provider_account_id, wait=False):
                return False
            count_lines(statement)
    except Exception:
        # One that cannot be counted must not keep the others from it.
        logger.exception("a statement was not counted", extra={"statement": statement.public_id})
        return False
    return True
