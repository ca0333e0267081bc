from __future__ import annotations

from dataclasses import replace
from datetime import datetime

from django.contrib.auth.models import User
from django.db import transaction

from apps.access.rules.staff_rights import StaffRights
from apps.access.selectors.roles_that_bind import roles_to_stay
from apps.access.services.save_rights import save_rights


@transaction.atomic
def narrow_rights(*, user_id: int, wanted: StaffRights, actor: str, now: datetime) -> StaffRights:
    """Take from a person at once what is not wanted any more; one person can always shut a door.
    Returns what she has then: where that is not what is wanted, two people agree on the rest.

    A role that binds her stays until then: without it, fewer would have to approve what she makes,
    or she would see more.
    """
    user = User.objects.select_for_update().get(pk=user_id)
    has = StaffRights.of(user)
    rights = has.within(wanted)
    rights = replace(rights, roles=rights.roles | roles_to_stay(has.roles, wanted.roles))
    save_rights(user, rights, actor=actor, now=now)
    return rights
