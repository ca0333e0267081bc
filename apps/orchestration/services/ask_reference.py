from __future__ import annotations

import logging

from apps.core.failpoints import failpoint
from apps.orchestration.models import Attempt
from apps.orchestration.rules.judge_reply import NotAsked, ReplyOrError
from apps.orchestration.rules.owners import operation_of, owner_of
from apps.orchestration.services.take_reply import read_state
from apps.providers.contract import ConnectorError, Queries, QueryRequest
from apps.providers.registry import connector_for

logger = logging.getLogger(__name__)


def ask_reference(attempt: Attempt) -> ReplyOrError:
    """Ask the provider what it knows of this attempt's reference. The network call alone."""
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
