from __future__ import annotations

import logging
from datetime import datetime
from typing import Any
from uuid import UUID

from apps.core import database_clock
from apps.core.failpoints import failpoint
from apps.orchestration.models import ATTEMPT_FINAL, Attempt, AttemptStatus
from apps.orchestration.rules.judge_reply import NotAsked, ProviderReply, ReplyOrError
from apps.orchestration.rules.owners import operation_of, owner_of
from apps.orchestration.selectors.load_attempts import load_attempt
from apps.orchestration.services.apply_replies import apply_replies
from apps.orchestration.services.repeat_order import may_be_repeated, repeat_order
from apps.orchestration.services.take_reply import read_state
from apps.orchestration.services.trace_call import trace_call
from apps.providers.contract import (
    ConnectorError,
    ProviderBusy,
    Queries,
    QueryRequest,
    ReferenceUnknown,
)
from apps.providers.registry import connector_for

logger = logging.getLogger(__name__)


def refresh_attempt(*, attempt_id: UUID, source: str, now: datetime | None = None) -> Any:
    """Ask the provider what became of an attempt, and apply its answer; returns the owner.

    Final attempts are asked about too: what the provider says otherwise goes to a person. One that
    was never sent yet is left alone. `now` is the time of the answer; doors that hold no clock
    leave it out.
    """
    attempt = load_attempt(attempt_id)
    reply = ask_provider(attempt, source=source)
    if reply is None:
        return attempt.owner
    return apply_replies([reply], now=now or database_clock.now())[attempt_id].owner


def ask_provider(attempt: Attempt, *, source: str) -> ProviderReply | None:
    """The question alone, for apply_replies; None for an attempt that waits to be sent.

    Where repeating the same reference is safe, one the provider never heard of is sent again.
    """
    if attempt.status == AttemptStatus.CREATED:
        return None
    answer = trace_call("provider.query", attempt, _ask)
    if isinstance(answer, ReferenceUnknown) and may_be_repeated(attempt):
        repeated = repeat_order(attempt)
        if repeated is not None:
            # "Busy" is said of this order as of the first, and borne alike.
            is_busy = isinstance(repeated, ProviderBusy)
            return ProviderReply.of(attempt, repeated, source, is_submission=is_busy)
    return ProviderReply.of(attempt, answer, source, was_over=attempt.status in ATTEMPT_FINAL)


def _ask(attempt: Attempt) -> ReplyOrError:
    try:
        connector, request = _prepare(attempt)
    except Exception as error:
        logger.exception("question could not be made", extra={"attempt_id": str(attempt.pk)})
        return NotAsked(f"the provider could not be asked: {type(error).__name__}")
    failpoint("attempts.poll.before_call")
    answer: ReplyOrError
    try:
        answer = connector.query(request)
    except ConnectorError as error:
        answer = error
    failpoint("attempts.poll.after_call")
    return answer


def _prepare(attempt: Attempt) -> tuple[Queries, QueryRequest]:
    owner, kind = attempt.owner, owner_of(attempt.owner_type)
    return connector_for(attempt.provider_account), QueryRequest(
        reference=attempt.reference,
        amount=owner.amount if attempt.amount is None else attempt.amount,
        currency=attempt.currency or owner.currency,
        counterparty=kind.counterparty(owner, attempt),
        operation=operation_of(attempt),
        provider_reference=attempt.provider_reference,
        connector_state=read_state(attempt),
        collected_reference=kind.collected_reference(owner),
        ordered_at=attempt.created_at,
    )
