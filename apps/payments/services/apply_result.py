from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

from django.db import transaction
from django.db.models import Model

from apps.core.bulk_write import bulk_write
from apps.core.failpoints import failpoint
from apps.payments.lifecycle import Heard, News
from apps.payments.models import Attempt, Payment
from apps.payments.selectors.acknowledged_attempts import acknowledged_attempts
from apps.payments.selectors.load_attempt import lock_with_siblings
from apps.payments.services.settle_payment import PAYMENT_FIELDS, settle_payment
from apps.payments.services.take_news import ATTEMPT_FIELDS, take_news
from apps.providers.contract import NotSent, OutcomeUnknown, ReferenceUnknown
from apps.routing.services.record_replies import record_replies

# The provider could not be reached, or did not answer. The payer's own slowness is no trouble:
# waiting for a secret code is "pending".
UNREACHED = (NotSent, OutcomeUnknown)


@transaction.atomic(savepoint=False)
def apply_results(heard: Sequence[Heard], *, now: datetime) -> dict[UUID, Attempt]:
    """THE ONE DOOR FOR NEWS: what providers said of attempts, or that they said nothing.

    Moves attempts and payments, books the ledger, promises webhooks, sets the next checks: one
    transaction for all of it. Safe to repeat and in any order, of any attempt: a payment's status
    follows from all its attempts, read under its lock; old news changes nothing; a contradiction of
    what is final is handed to reconciliation. Returns the attempts of these payments by id.

    Raises:
        Attempt.DoesNotExist: news of an attempt that is not there; then nothing is applied.
    """
    attempts = lock_with_siblings({one.attempt_id for one in heard})
    denied = [one.attempt_id for one in heard if isinstance(one.news, ReferenceUnknown)]
    answered = acknowledged_attempts(denied) if denied else set()
    rows: list[Any] = []
    updates: dict[Model, Sequence[str]] = {}
    sources: dict[Payment, str] = {}
    siblings: dict[Payment, list[Attempt]] = {}
    for attempt in attempts.values():
        siblings.setdefault(attempt.payment, []).append(attempt)
    for one in heard:
        if one.attempt_id not in attempts:
            raise Attempt.DoesNotExist(str(one.attempt_id))
        attempt = attempts[one.attempt_id]
        next_action = attempt.payment.next_action
        rows += take_news(attempt, one, was_answered=attempt.pk in answered, now=now)
        updates[attempt] = ATTEMPT_FIELDS
        sources[attempt.payment] = one.source
        if attempt.payment.next_action != next_action:
            updates[attempt.payment] = PAYMENT_FIELDS
    for payment, source in sources.items():
        settled, changed = settle_payment(payment, siblings[payment], source=source, now=now)
        rows += settled
        for row, fields in changed.items():
            # Of an attempt both have written to, ours names more fields.
            updates.setdefault(row, fields)
    bulk_write(rows, updates)
    failpoint("payments.apply.before_commit")
    transaction.on_commit(lambda: failpoint("payments.apply.after_commit"))
    replies = [
        (attempts[one.attempt_id].provider_account_id, isinstance(one.news, UNREACHED))
        for one in heard
        if one.is_submission
    ]
    transaction.on_commit(lambda: record_replies(replies, now=now))
    return attempts


def apply_result(
    *,
    attempt_id: UUID,
    news: News,
    is_submission: bool = False,
    source: str,
    now: datetime,
) -> Payment:
    """One piece of news, as `apply_results` takes many; returns the payment."""
    heard = Heard(attempt_id, news, source, is_submission)
    return apply_results([heard], now=now)[attempt_id].payment
