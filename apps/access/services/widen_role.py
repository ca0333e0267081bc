from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from django.contrib.auth.models import Group, Permission
from django.db import transaction

from apps.access.rules.staff_rights import RightsByOne, RightsChanged
from apps.access.selectors.has_role import has_role
from apps.audit.services.record import record


@transaction.atomic
def widen_role(
    payload: Mapping[str, Any],
    *,
    requested_by: str,
    approved_by: str,
    reason: str,
    now: datetime,
) -> None:
    """What the action "role.permissions" does: all who have a role may do this from then on.

    Args:
        payload: role_id, and the ids of the permissions that it had and will have: before, after.

    Raises:
        RightsChanged: it allows something else by now, or is gone.
        RightsByOne: nobody else agreed, or who approves would be allowed more by it.
    """
    if approved_by in ("", requested_by) or has_role(approved_by, payload["role_id"]):
        raise RightsByOne
    role = Group.objects.select_for_update().filter(pk=payload["role_id"]).first()
    after = Permission.objects.filter(pk__in=payload["after"])
    if (
        role is None
        or sorted(role.permissions.values_list("pk", flat=True)) != payload["before"]
        or after.count() != len(payload["after"])
    ):
        raise RightsChanged
    role.permissions.set(after)
    record(
        actor=requested_by,
        action="role.permissions",
        target=f"role:{role.pk}",
        detail={
            "before": payload["before"],
            "after": payload["after"],
            "approved_by": approved_by,
        },
        now=now,
    )
