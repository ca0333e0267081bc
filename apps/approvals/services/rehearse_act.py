from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from django.db import transaction

from apps.approvals.rules.actions import NOBODY, approvable_actions


def rehearse_act(
    *,
    action: str,
    payload: Mapping[str, Any],
    requested_by: str,
    approved_by: str = NOBODY,
    reason: str = "",
    now: datetime,
) -> None:
    """Do an act as if it were approved now, and take it back: it raises what the act refuses.

    Nothing of it stays, and no lock either.
    """
    act = approvable_actions()[action]
    if not act.is_rehearsed:
        return
    with transaction.atomic():
        act.load()(
            payload,
            requested_by=requested_by,
            approved_by=approved_by,
            reason=reason,
            now=now,
        )
        transaction.set_rollback(True)
