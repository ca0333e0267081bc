from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from django.contrib.auth.models import Group, User
from django.db import transaction

from apps.access.rules.staff_rights import RightsByOne, RightsChanged, StaffRights
from apps.access.services.save_rights import save_rights


@transaction.atomic
def give_rights(
    payload: Mapping[str, Any],
    *,
    requested_by: str,
    approved_by: str,
    reason: str,
    now: datetime,
) -> None:
    """What the action "user.rights" does: a person has these rights from then on.

    Args:
        payload: user_id, and what she had and will have: before, after (StaffRights).

    Raises:
        RightsChanged: she has others by now, or a role is gone.
        RightsByOne: nobody else agreed, or it is she who approves.
    """
    if approved_by in ("", requested_by, f"user:{payload['user_id']}"):
        raise RightsByOne
    user = User.objects.select_for_update().get(pk=payload["user_id"])
    after = StaffRights.from_json(payload["after"])
    is_changed = StaffRights.of(user) != StaffRights.from_json(payload["before"])
    if is_changed or Group.objects.filter(pk__in=after.roles).count() != len(after.roles):
        raise RightsChanged
    save_rights(user, after, actor=requested_by, approved_by=approved_by, now=now)
