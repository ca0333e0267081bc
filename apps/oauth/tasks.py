from __future__ import annotations

from celery import shared_task

from apps.core import database_clock
from apps.oauth.services.forget_expired_tokens import (
    forget_expired_tokens as forget_expired_tokens_service,
)


@shared_task(name="oauth.forget_expired_tokens")
def forget_expired_tokens() -> None:
    forget_expired_tokens_service(now=database_clock.now())
