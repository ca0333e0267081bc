from __future__ import annotations

from datetime import datetime, timedelta

from allauth.usersessions.models import UserSession
from django.conf import settings
from django.contrib.sessions.models import Session
from django.db.models import Exists, OuterRef

ROWS_AT_ONCE = 1_000
# The web process's clock wrote when a session was seen.
CLOCK_LEEWAY = timedelta(minutes=5)


def forget_expired_sessions(*, now: datetime) -> int:
    """Delete sessions that are over, expired or idle, a batch at a time. Returns how many."""
    forgotten = 0
    idle_since = now - timedelta(seconds=settings.SESSION_IDLE_S) - CLOCK_LEEWAY
    while True:
        idle = UserSession.objects.filter(last_seen_at__lt=idle_since)
        keys = list(idle.values_list("session_key", flat=True)[:ROWS_AT_ONCE])
        Session.objects.filter(session_key__in=keys).delete()
        UserSession.objects.filter(session_key__in=keys).delete()
        forgotten += len(keys)
        if len(keys) < ROWS_AT_ONCE:
            break
    while True:
        expired = Session.objects.filter(expire_date__lt=now)
        keys = list(expired.values_list("session_key", flat=True)[:ROWS_AT_ONCE])
        Session.objects.filter(session_key__in=keys).delete()
        forgotten += len(keys)
        if len(keys) < ROWS_AT_ONCE:
            break
    # Of sessions that ended otherwise.
    kept = Session.objects.filter(session_key=OuterRef("session_key"))
    UserSession.objects.filter(~Exists(kept)).delete()
    return forgotten
