from __future__ import annotations

from django.conf import settings
from django.db import transaction

from apps.core import database_clock
from apps.core.bulk_write import bulk_write
from apps.orchestration.due_work import give_turn_back, take_turn
from apps.orchestration.models import IN_DOUBT, Attempt
from apps.orchestration.rules.judge_reply import ReplyOrError
from apps.orchestration.rules.owners import operation_of, owner_of
from apps.orchestration.selectors.acknowledged import acknowledged
from apps.orchestration.selectors.load_attempts import lock_case_of
from apps.orchestration.selectors.money_out import is_held_back
from apps.orchestration.services.submit_attempt import send_order
from apps.providers.contract import NotSent, OutcomeUnknown
from apps.providers.registry import credentials_fingerprint, operation_profile

REPEATS_MAX = 10


def may_be_repeated(attempt: Attempt) -> bool:
    """Whether the same reference may be sent again, as far as this row says."""
    return (
        operation_profile(attempt.provider_account, operation_of(attempt)).is_repeat_safe
        and attempt.status in IN_DOUBT
        and attempt.repeats < REPEATS_MAX
        and not attempt.contradiction
        and attempt.provider_account.is_active
        and not is_held_back(attempt)
        and not owner_of(attempt.owner_type).refusal(
            attempt.owner, attempt, now=database_clock.now()
        )
    )


def repeat_order(attempt: Attempt) -> ReplyOrError | None:
    """Send the same reference again to a provider that never heard of it; returns what was reply,
    None if it was not sent after all.

    Only on rails where this never charges twice: however late the first one arrives, they are one.
    That it could not be sent proves nothing about the first. Where its account takes so many orders
    a minute and has had them, it waits until it is asked about again.
    """
    if not take_turn(attempt.provider_account):
        return None
    again = _claim(attempt)
    if again is None:
        give_turn_back(attempt.provider_account)
        return None
    answer = send_order(again)
    return OutcomeUnknown(f"repeated in vain: {answer}") if isinstance(answer, NotSent) else answer


@transaction.atomic
def _claim(attempt: Attempt) -> Attempt | None:
    """Written before the call: however it ends, "never heard of it" counts from this call on."""
    case, locked = lock_case_of(attempt.pk)
    others = [other for other in case.attempts if other is not locked]
    if any(other.needs_person or other.contradiction for other in others):
        # What we had closed may have moved the money: nothing more is sent.
        return None
    if not may_be_repeated(locked) or locked.submitted_at != attempt.submitted_at:
        return None
    if bytes(locked.credentials_fingerprint or b"") != credentials_fingerprint(
        locked.provider_account
    ):
        return None
    if acknowledged([locked.pk]):
        return None
    now = database_clock.now()
    locked.submitted_at = now
    locked.next_check_at = now + settings.SUBMIT_LEASE
    locked.repeats += 1
    bulk_write([], {locked: ("submitted_at", "next_check_at", "repeats")})
    return locked
