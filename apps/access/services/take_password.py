from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from allauth.usersessions.models import UserSession
from django.contrib.auth.models import User
from django.db import transaction

from apps.access.rules.staff_rights import RightsByOne
from apps.audit.services.record import record
from apps.sign_in.services.end_sessions import end_sessions


@transaction.atomic
def take_password(
    payload: Mapping[str, Any],
    *,
    requested_by: str,
    approved_by: str,
    reason: str,
    now: datetime,
) -> None:
    """What the action "user.take_password" does: a person who forgot hers has none, and one person
    sets her a new one then. Her sessions end.

    Raises RightsByOne: nobody else agreed, or it is she who approves.
    """
    if approved_by in ("", requested_by, f"user:{payload['user_id']}"):
        raise RightsByOne
    user = User.objects.select_for_update().get(pk=payload["user_id"])
    user.set_unusable_password()
    user.save(update_fields=["password"])
    record(
        actor=requested_by,
        action="user.take_password",
        target=f"user:{user.pk}",
        detail={"approved_by": approved_by},
        now=now,
    )
    sessions = list(UserSession.objects.filter(user=user))
    end_sessions(sessions=sessions, actor=approved_by, now=now)
