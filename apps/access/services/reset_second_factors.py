from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from django.contrib.auth.models import User
from django.db import transaction

from apps.access.rules.staff_rights import RightsByOne
from apps.sign_in.services.remove_second_factors import remove_second_factors


@transaction.atomic
def reset_second_factors(
    payload: Mapping[str, Any],
    *,
    requested_by: str,
    approved_by: str,
    reason: str,
    now: datetime,
) -> None:
    """What the action "user.reset_second_factors" does: all of a person's are removed, and her
    sessions end.

    Raises RightsByOne: nobody else agreed, or it is she who approves.
    """
    if approved_by in ("", requested_by, f"user:{payload['user_id']}"):
        raise RightsByOne
    user = User.objects.select_for_update().get(pk=payload["user_id"])
    remove_second_factors(user=user, actor=approved_by, now=now)
