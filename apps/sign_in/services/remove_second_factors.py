from __future__ import annotations

from datetime import datetime

from allauth.mfa.models import Authenticator
from allauth.usersessions.models import UserSession
from django.contrib.auth.models import User
from django.db import transaction

from apps.audit.services.record import record
from apps.sign_in.services.end_sessions import end_sessions


@transaction.atomic
def remove_second_factors(*, user: User, actor: str, now: datetime) -> int:
    """Take all second factors of somebody who lost them, and end her sessions. Returns how many.

    Where one is obligatory she adds a new one when she signs in next.
    """
    found = list(Authenticator.objects.select_for_update().filter(user=user))
    for authenticator in found:
        authenticator.delete()
        record(
            actor=actor,
            action="user.remove_second_factor",
            target=f"user:{user.pk}",
            detail={"type": authenticator.type},
            now=now,
        )
    sessions = UserSession.objects.filter(user=user)
    end_sessions(sessions=list(sessions), actor=actor, now=now)
    return len(found)
