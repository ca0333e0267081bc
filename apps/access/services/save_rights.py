from __future__ import annotations

from datetime import datetime

from django.contrib.auth.models import User

from apps.access.rules.staff_rights import StaffRights
from apps.audit.services.record import record


def save_rights(
    user: User, rights: StaffRights, *, actor: str, approved_by: str = "", now: datetime
) -> None:
    """Write a person's rights, whom the caller has locked; with a trace where they change."""
    before = StaffRights.of(user)
    if rights == before:
        return
    user.is_active, user.is_staff = rights.is_active, rights.is_staff
    user.is_superuser = rights.is_superuser
    user.save(update_fields=["is_active", "is_staff", "is_superuser"])
    user.groups.set(rights.roles)
    record(
        actor=actor,
        action="user.rights",
        target=f"user:{user.pk}",
        detail={
            "before": before.as_json(),
            "after": rights.as_json(),
            "approved_by": approved_by,
        },
        now=now,
    )
