from __future__ import annotations

from datetime import datetime

from django.contrib.auth.models import User
from django.db import transaction

from apps.access.rules.staff_rights import StaffRights
from apps.access.services.save_rights import save_rights


@transaction.atomic
def narrow_rights(*, user_id: int, wanted: StaffRights, actor: str, now: datetime) -> StaffRights:
    """Take from a person at once what is not wanted any more; one person can always shut a door.
    Returns what she has then: where that is not what is wanted, two people give the rest."""
    user = User.objects.select_for_update().get(pk=user_id)
    rights = StaffRights.of(user).within(wanted)
    save_rights(user, rights, actor=actor, now=now)
    return rights
