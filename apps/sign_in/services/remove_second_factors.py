from __future__ import annotations

from datetime import datetime

from allauth.mfa.models import Authenticator
from allauth.usersessions.models import UserSession
from django.contrib.auth.models import User
from django.db import transaction

from apps.sign_in.services.end_sessions import end_sessions


@transaction.atomic
def remove_second_factors(*, user: User, actor: str, now: datetime) -> int:
    """Take all second factors of somebody who lost them, and end her sessions. Returns how many.

    Where one is obligatory she adds a new one when she signs in next.
    """
    found = list(Authenticator.objects.select_for_update().filter(user=user))
    for authenticator in found:
        # Which the audit trail hears of.
        authenticator.delete()
    sessions = UserSession.objects.filter(user=user)
    end_sessions(sessions=list(sessions), actor=actor, now=now)
    return len(found)
