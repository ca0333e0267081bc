from __future__ import annotations

from django.conf import settings
from django.db import transaction

from apps.core import database_clock
from apps.core.bulk_write import bulk_write
from apps.payments.lifecycle import News
from apps.payments.models import Attempt, AttemptStatus
from apps.payments.selectors.acknowledged_attempts import acknowledged_attempts
from apps.payments.selectors.load_attempt import lock_with_siblings
from apps.payments.services.next_account import WANTED
from apps.payments.services.submit_attempt import send_order
from apps.providers.contract import NotSent, OutcomeUnknown
from apps.providers.registry import PROFILES, credentials_fingerprint

# It may have been received, and was not answered for.
IN_DOUBT = (AttemptStatus.SUBMITTED, AttemptStatus.UNKNOWN)
REPEATS_MAX = 10


def may_be_repeated(attempt: Attempt) -> bool:
    """Whether the same reference may be sent again, as far as this row says."""
    return (
        PROFILES[attempt.provider_account.connector].is_repeat_safe
        and attempt.status in IN_DOUBT
        and attempt.repeats < REPEATS_MAX
        and not attempt.contradiction
        and attempt.payment.status in WANTED
        and attempt.provider_account.is_active
        and database_clock.now() < attempt.payment.expires_at
    )


def repeat_order(attempt: Attempt) -> News | None:
    """Send the same reference again to a provider that never heard of it; returns what was heard,
    None if it was not sent after all.

    Only on rails where this never charges twice: however late the first one arrives, they are one.
    That it could not be sent proves nothing about the first.
    """
    again = _claim(attempt)
    if again is None:
        return None
    news = send_order(again)
    return OutcomeUnknown(f"repeated in vain: {news}") if isinstance(news, NotSent) else news


@transaction.atomic
def _claim(attempt: Attempt) -> Attempt | None:
    """Written before the call: however it ends, "never heard of it" counts from this call on."""
    locked = lock_with_siblings([attempt.pk])[attempt.pk]
    if not may_be_repeated(locked) or locked.submitted_at != attempt.submitted_at:
        return None
    if bytes(locked.credentials_fingerprint or b"") != credentials_fingerprint(
        locked.provider_account
    ):
        return None
    if acknowledged_attempts([locked.pk]):
        return None
    now = database_clock.now()
    locked.submitted_at = now
    locked.next_check_at = now + settings.SUBMIT_LEASE
    locked.repeats += 1
    bulk_write([], {locked: ("submitted_at", "next_check_at", "repeats")})
    return locked
