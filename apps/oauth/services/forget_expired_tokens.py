from __future__ import annotations

from datetime import datetime, timedelta

from apps.oauth.models import AccessToken, Grant, RefreshToken

# Whoever comes a little late is told "expired", and a code or token used twice is noticed.
KEPT_FOR = timedelta(days=7)


def forget_expired_tokens(*, now: datetime) -> int:
    """Delete codes and tokens that ended a week ago; returns how many. Safe to repeat."""
    oldest = now - KEPT_FOR
    counts = [
        Grant.objects.filter(expires__lt=oldest).delete()[0],
        AccessToken.objects.filter(expires__lt=oldest).delete()[0],
        RefreshToken.objects.filter(expires_at__lt=oldest).delete()[0],
    ]
    return sum(counts)
