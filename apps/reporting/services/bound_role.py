from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from django.contrib.auth.models import Group
from django.db import transaction

from apps.access.rules.staff_rights import RightsByOne, RightsChanged
from apps.access.selectors.has_role import has_role
from apps.audit.services.record import record
from apps.reporting.models import StaffScope
from apps.reporting.selectors.scope_as_json import scope_as_json


@transaction.atomic
def bound_role(
    payload: Mapping[str, Any],
    *,
    requested_by: str,
    approved_by: str,
    reason: str,
    now: datetime,
) -> None:
    """What the action "role.bounds" does: what the people of a role see from then on.

    Args:
        payload: role_id, and its countries and merchants: before, after (scope_as_json).

    Raises:
        RightsChanged: it shows something else by now, or is gone.
        RightsByOne: nobody else agreed, or who approves has the role.
    """
    if approved_by in ("", requested_by) or has_role(approved_by, payload["role_id"]):
        raise RightsByOne
    role = Group.objects.select_for_update().filter(pk=payload["role_id"]).first()
    if role is None or scope_as_json(role) != payload["before"]:
        raise RightsChanged
    after = payload["after"]
    scope, _is_new = StaffScope.objects.update_or_create(
        group=role, defaults={"countries": after["countries"]}
    )
    scope.merchants.set(after["merchants"])
    record(
        actor=requested_by,
        action="role.bounds",
        target=f"role:{role.pk}",
        detail={"before": payload["before"], "after": after, "approved_by": approved_by},
        now=now,
    )
