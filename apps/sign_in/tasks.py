from __future__ import annotations

from celery import shared_task

from apps.core import database_clock
from apps.sign_in.services.forget_expired_sessions import (
    forget_expired_sessions as forget_expired_sessions_service,
)


@shared_task(name="sign_in.forget_expired_sessions")
def forget_expired_sessions() -> None:
    forget_expired_sessions_service(now=database_clock.now())
