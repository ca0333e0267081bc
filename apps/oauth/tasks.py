from __future__ import annotations

from celery import shared_task

from apps.core import database_clock
from apps.oauth.services.end_dead_grants import end_dead_grants as end_dead_grants_service
from apps.oauth.services.forget_exchanged_pairs import forget_exchanged_pairs
from apps.oauth.services.forget_expired_tokens import (
    forget_expired_tokens as forget_expired_tokens_service,
)


@shared_task(name="oauth.end_dead_grants")
def end_dead_grants() -> None:
    now = database_clock.now()
    end_dead_grants_service(now=now)
    forget_exchanged_pairs(now=now)


@shared_task(name="oauth.forget_expired_tokens")
def forget_expired_tokens() -> None:
    forget_expired_tokens_service(now=database_clock.now())
