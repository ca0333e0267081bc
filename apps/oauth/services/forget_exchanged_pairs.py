from __future__ import annotations

from datetime import datetime, timedelta

from django.conf import settings

from apps.oauth.models import RefreshToken


def forget_exchanged_pairs(*, now: datetime) -> int:
    """Delete the answers to exchanges that are repeated no more; returns how many."""
    oldest = now - timedelta(seconds=settings.OAUTH_REFRESH_GRACE_S)
    old = RefreshToken.objects.filter(answer_encrypted__isnull=False, revoked__lt=oldest)
    forgotten: int = old.update(answer_encrypted=None)
    return forgotten
