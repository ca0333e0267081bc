"""What a session of a person knows: when it began, was used, and when she last proved herself."""

from __future__ import annotations

import time
from datetime import UTC, datetime
from typing import Any

from allauth.account.internal.flows.login import get_authentication_records
from allauth.mfa.models import Authenticator
from allauth.usersessions.models import UserSession
from django.conf import settings
from django.contrib.auth.models import User
from django.contrib.sessions.backends.base import SessionBase
from django.http import HttpRequest

from apps.core.client_address import client_address

BEGUN, SEEN, PROVED = "begun_at", "seen_at", "proved_at"
# Where to, once a second factor was added.
ENROLLING_FOR = "enrolling_for"
# Being seen is written at most so often.
SEEN_EVERY_S = 60
# Of a peer without an address, as on a Unix socket.
NO_ADDRESS = "0.0.0.0"  # noqa: S104 (nothing listens)


def begin(request: HttpRequest, user: User) -> None:
    """Write down a session that has just been made for this person."""
    now = time.time()
    request.session.update({BEGUN: now, SEEN: now, PROVED: now})
    if request.session.session_key is None:
        # It took the place of another person's.
        request.session.save()
    UserSession.objects.update_or_create(
        session_key=request.session.session_key,
        defaults={
            "user": user,
            "ip": str(client_address(request) or NO_ADDRESS),
            "user_agent": request.META.get("HTTP_USER_AGENT", "").replace("\0", "")[:200],
            "last_seen_at": datetime.fromtimestamp(now, UTC),
        },
    )


def is_over(session: SessionBase) -> bool:
    """Whether it was unused for too long, or has lasted too long."""
    now = time.time()
    begun, seen = session.get(BEGUN), session.get(SEEN)
    if begun is None or seen is None:
        return True
    return bool(now - begun > settings.SESSION_COOKIE_AGE or now - seen > settings.SESSION_IDLE_S)


def touch(session: SessionBase) -> None:
    now = time.time()
    if now - session[SEEN] >= SEEN_EVERY_S:
        session[SEEN] = now
        UserSession.objects.filter(session_key=session.session_key).update(
            last_seen_at=datetime.fromtimestamp(now, UTC)
        )


def prove(request: HttpRequest) -> None:
    """She has just given her password or second factor again."""
    request.session[PROVED] = time.time()


def is_proved(request: HttpRequest) -> bool:
    proved = request.session.get(PROVED)
    return proved is not None and bool(time.time() - proved < settings.STEP_UP_S)


def needs_second_factor(user: User) -> bool:
    return bool(settings.SECOND_FACTOR_REQUIRED) and (user.is_staff or user.is_superuser)


def is_whole(request: HttpRequest, user: User) -> bool:
    """Whether all that is asked of this person was given in this session."""
    if not needs_second_factor(user):
        return True
    records: list[dict[str, Any]] = get_authentication_records(request, user)
    return any(record.get("method") == "mfa" for record in records)


def has_second_factor(user: User) -> bool:
    factors = Authenticator.objects.filter(user_id=user.pk)
    return bool(factors.exclude(type=Authenticator.Type.RECOVERY_CODES).exists())
