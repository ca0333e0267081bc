from __future__ import annotations

from datetime import datetime

from allauth.usersessions.models import UserSession
from django.contrib.auth.models import User
from django.db import transaction

from apps.audit.services.record import record
from apps.sign_in.services.end_sessions import end_sessions


@transaction.atomic
def change_password(*, user: User, password: str, kept_session: str, now: datetime) -> None:
    """Give this person the new password and end all her sessions but one.

    Args:
        password: already validated.
        kept_session: the key of the session she changes it in.
    """
    user.set_password(password)
    user.save(update_fields=["password"])
    name = f"user:{user.pk}"
    record(actor=name, action="user.change_password", target=name, now=now)
    others = UserSession.objects.filter(user=user).exclude(session_key=kept_session)
    end_sessions(sessions=list(others), actor=name, now=now)
