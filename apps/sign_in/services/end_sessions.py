from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from allauth.usersessions.models import UserSession
from django.contrib.sessions.models import Session
from django.db import transaction

from apps.audit.services.record import record


@transaction.atomic
def end_sessions(*, sessions: Sequence[UserSession], actor: str, now: datetime) -> int:
    """End these sessions: whoever holds one is signed out. Returns how many were still there."""
    Session.objects.filter(session_key__in=[session.session_key for session in sessions]).delete()
    ended = 0
    for session in sessions:
        count, _ = UserSession.objects.filter(pk=session.pk).delete()
        if count:
            ended += 1
            record(
                actor=actor,
                action="user.end_session",
                target=f"user:{session.user_id}",
                detail={"session": session.pk},
                now=now,
            )
    return ended
