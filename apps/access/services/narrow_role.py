from __future__ import annotations

from collections.abc import Collection
from datetime import datetime

from django.contrib.auth.models import Group
from django.db import transaction

from apps.audit.services.record import record


@transaction.atomic
def narrow_role(
    *, role_id: int, wanted: Collection[int], actor: str, now: datetime
) -> frozenset[int]:
    """Take from a role at once what it is not to allow any more. Returns the ids of the permissions
    that it has then: where others are wanted too, two people give them."""
    role = Group.objects.select_for_update().get(pk=role_id)
    before = frozenset(role.permissions.values_list("pk", flat=True))
    kept = before & frozenset(wanted)
    if kept != before:
        role.permissions.set(kept)
        record(
            actor=actor,
            action="role.permissions",
            target=f"role:{role.pk}",
            detail={"before": sorted(before), "after": sorted(kept), "approved_by": ""},
            now=now,
        )
    return kept
