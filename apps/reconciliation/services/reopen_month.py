from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any
from uuid import UUID

from django.db import transaction
from django.utils.translation import gettext_lazy as _

from apps.audit.services.record import record
from apps.core.errors import DomainError
from apps.reconciliation.models import ClosedMonth


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
    """What the action "month.reopen" does: reports of the month come and go as before.

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
    record(
        actor=approved_by,
        action="month.reopen",
        target=closed.public_id,
        detail={"requested_by": requested_by, "reason": reason},
        now=now,
    )
    return closed
