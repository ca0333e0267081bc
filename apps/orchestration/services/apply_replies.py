from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

from django.db import transaction

from apps.core.bulk_write import bulk_write
from apps.core.failpoints import failpoint
from apps.orchestration.models import Attempt
from apps.orchestration.rules.judge_reply import ProviderReply, ReplyOrError
from apps.orchestration.rules.owners import Case, Writes, owner_of
from apps.orchestration.selectors.acknowledged import acknowledged
from apps.orchestration.selectors.load_attempts import lock_cases, owner_key
from apps.orchestration.services.take_reply import take_reply
from apps.providers.contract import NotSent, OutcomeUnknown, PayeeRefused, ReferenceUnknown
from apps.routing.services.record_replies import record_replies
from apps.webhooks.services.build_event import load_endpoints

# The provider could not be reached, or did not answer. The payer's own slowness is no trouble:
# waiting for a secret code is "pending".
UNREACHED = (NotSent, OutcomeUnknown)


@transaction.atomic(savepoint=False)
def apply_replies(replies: Sequence[ProviderReply], *, now: datetime) -> dict[UUID, Attempt]:
    """THE ONE DOOR FOR REPLIES: what providers said of attempts, or that they said nothing.

    Moves attempts and sets their next checks; their owners settle what comes of it: status, ledger,
    events. One transaction for all of it. Safe to repeat and in any order, of any attempt: an
    owner's status follows from all its attempts, read under its lock; old answers change nothing; a
    contradiction of what is final is handed to reconciliation. Returns the attempts of these owners
    by id.

    Raises:
        Attempt.DoesNotExist: a reply about an attempt that is not there; then nothing is applied.
    """
    cases = lock_cases((one.owner_type, one.owner_id) for one in replies)
    attempts = {attempt.pk: attempt for case in cases for attempt in case.attempts}
    load_endpoints((case.row.merchant_id, case.row.livemode) for case in cases)
    case_of = {case.row.pk: case for case in cases}
    denied = [one.attempt_id for one in replies if isinstance(one.answer, ReferenceUnknown)]
    answered = acknowledged(denied) if denied else set()
    writes = Writes()
    for one in replies:
        if one.attempt_id not in attempts:
            raise Attempt.DoesNotExist(str(one.attempt_id))
        case = case_of[one.owner_id]
        case.source = one.source
        writes.add(
            take_reply(
                case,
                attempts[one.attempt_id],
                one,
                was_answered=one.attempt_id in answered,
                now=now,
            )
        )
    by_type: dict[str, list[Case]] = {}
    for case in cases:
        by_type.setdefault(case.owner_type, []).append(case)
    for owner_type, its_cases in by_type.items():
        writes.add(owner_of(owner_type).settle(its_cases, now=now))
    bulk_write(writes.inserts, writes.updates)
    failpoint("attempts.apply.before_commit")
    transaction.on_commit(lambda: failpoint("attempts.apply.after_commit"))
    counted = [
        (attempts[one.attempt_id].provider_account_id, _is_unreached(one.answer))
        for one in replies
        if one.is_submission
    ]
    transaction.on_commit(lambda: record_replies(counted, now=now))
    return attempts


def _is_unreached(answer: ReplyOrError) -> bool:
    return isinstance(answer, UNREACHED) and not isinstance(answer, PayeeRefused)


def apply_reply(
    *,
    attempt_id: UUID,
    answer: ReplyOrError,
    is_submission: bool = False,
    source: str,
    now: datetime,
) -> Any:
    """One reply, as `apply_replies` takes many; returns the attempt's owner.

    Raises:
        Attempt.DoesNotExist: there is no such attempt.
    """
    owner_type, owner_id = owner_key(attempt_id)
    reply = ProviderReply(attempt_id, owner_type, owner_id, answer, source, is_submission)
    return apply_replies([reply], now=now)[attempt_id].owner
