from __future__ import annotations

from calendar import monthrange
from collections.abc import Mapping
from datetime import datetime
from typing import Any
from uuid import UUID

from django.db import transaction
from django.db.models import Exists, OuterRef, Q
from django.utils.translation import gettext_lazy as _

from apps.audit.services.record import record
from apps.core.errors import DomainError
from apps.core.work.outbox import enqueue
from apps.reconciliation.models import ClosedMonth, Statement, StatementLine
from apps.reconciliation.rules.passes import OWN_TRANSFERS
from apps.reconciliation.selectors.latest_statements import latest_statements
from apps.reconciliation.services.import_statement import MATCH_TOPIC


class MonthOpen(DomainError):
    code = "month_open"
    status = 409
    title = "This month is open."
    staff_words = _("This month is open.")


@transaction.atomic
def reopen_month(
    payload: Mapping[str, Any],
    *,
    requested_by: str,
    approved_by: str,
    reason: str,
    now: datetime,
) -> ClosedMonth:
    """What the action "month.reopen" does: reports of the month come and go as before. Those that
    came since it was closed are matched again, for they may change its lines now.

    Args:
        payload: `closed_month_id`.

    Raises:
        MonthOpen: it was opened again before.
    """
    closed = ClosedMonth.objects.select_for_update().get(pk=UUID(payload["closed_month_id"]))
    if closed.reopened_at is not None:
        raise MonthOpen
    closed.reopened_at, closed.reopened_reason = now, reason
    closed.reopened_by = f"{requested_by}, {approved_by}"
    closed.save(update_fields=["reopened_at", "reopened_reason", "reopened_by"])
    since = Statement.objects.filter(
        provider_account_id=closed.provider_account_id,
        status=Statement.Status.MATCHED,
        created_at__gte=closed.closed_at,
    )
    # And what stood still while other accounts' reports came.
    last_day = closed.month.replace(day=monthrange(closed.month.year, closed.month.month)[1])
    of_month = Statement.objects.filter(
        covered_days__day__range=(closed.month, last_day),
        provider_account_id=closed.provider_account_id,
        status=Statement.Status.MATCHED,
    )
    is_own = StatementLine.objects.filter(statement=OuterRef("pk"), matched_by__in=OWN_TRANSFERS)
    latest = [one.pk for one in latest_statements([closed.provider_account_id])]
    again = Statement.objects.filter(
        Q(pk__in=since.values("pk"))
        | Q(Exists(is_own), pk__in=of_month.values("pk"))
        | Q(pk__in=latest)
    )
    for statement_id in again.order_by("created_at", "pk").values_list("pk", flat=True):
        enqueue(MATCH_TOPIC, now=now, statement_id=str(statement_id))
    record(
        actor=approved_by,
        action="month.reopen",
        target=closed.public_id,
        detail={"requested_by": requested_by, "reason": reason},
        now=now,
    )
    return closed
