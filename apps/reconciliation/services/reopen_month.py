from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any
from uuid import UUID

from django.db import transaction
from django.utils.translation import gettext_lazy as _

from apps.audit.services.record import record
from apps.core.errors import DomainError
from apps.core.work.outbox import enqueue
from apps.reconciliation.models import ClosedMonth, Statement
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
    for statement_id in since.order_by("created_at", "pk").values_list("pk", flat=True):
        enqueue(MATCH_TOPIC, now=now, statement_id=str(statement_id))
    record(
        actor=approved_by,
        action="month.reopen",
        target=closed.public_id,
        detail={"requested_by": requested_by, "reason": reason},
        now=now,
    )
    return closed
