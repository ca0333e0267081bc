from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any
from uuid import UUID

from django.contrib.auth import get_user_model

from apps.reconciliation.services.withdraw_statement import withdraw_statement


def withdraw_approved_statement(
    payload: Mapping[str, Any],
    *,
    requested_by: str,
    approved_by: str,
    reason: str,
    now: datetime,
) -> None:
    """What the action "statement.withdraw" does.

    Args:
        payload: `statement_id`, a UUID.
    """
    people = get_user_model().objects
    withdraw_statement(
        statement_id=UUID(payload["statement_id"]),
        reason=reason,
        requested_by=people.get(pk=requested_by.removeprefix("user:")),
        approved_by=people.get(pk=approved_by.removeprefix("user:")),
        now=now,
    )
