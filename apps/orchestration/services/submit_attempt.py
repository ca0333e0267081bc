from __future__ import annotations

import logging
from datetime import datetime

from django.conf import settings

from apps.core.database_errors import is_away, is_busy
from apps.core.failpoints import failpoint
from apps.orchestration.models import Attempt, StatusChange
from apps.orchestration.rules.judge_reply import ProviderReply, ReplyOrError
from apps.orchestration.rules.owners import Instruction, operation_of, owner_of
from apps.orchestration.services.ask_elsewhere import ask_elsewhere
from apps.orchestration.services.ask_reference import ask_reference
from apps.orchestration.services.claim_attempts import ClaimedAttempt
from apps.orchestration.services.trace_call import trace_call
from apps.providers.contract import (
    ChecksPayee,
    ConnectorError,
    DisburseRequest,
    FailureCode,
    NotSent,
    OperationRequest,
    OutcomeUnknown,
    PayeeRefused,
    PayeeRequest,
    PayeeStatus,
    ProviderResult,
    Queries,
    ReferenceUnknown,
    perform,
)
from apps.providers.registry import connector_for, unknown_reference_grace
from apps.vault.tokens import sign_token

logger = logging.getLogger(__name__)


def submit_attempt(claimed: ClaimedAttempt) -> ProviderReply:
    """Send one claimed attempt to its provider; returns the reply, for apply_replies."""
    attempt = claimed.attempt
    answer = send_order(attempt)
    return ProviderReply.of(attempt, answer, StatusChange.Source.WORKER, is_submission=True)


def send_order(attempt: Attempt) -> ReplyOrError:
    """The network call alone. No transaction is open, no lock held.

    What goes wrong before the connector is called is "not sent", with its reason; of an order that
    may have been sent before the database forgot it, nobody knows.
    """
    return trace_call("provider.submit", attempt, _send)


def _send(attempt: Attempt) -> ReplyOrError:
    try:
        connector, request = _prepare(attempt)
    except Exception as error:
        answer = _not_sent(error, attempt)
        return OutcomeUnknown(str(answer)) if attempt.asks_first else answer
    if attempt.asks_first:
        answer = ask_reference(attempt)
        if isinstance(answer, ReferenceUnknown):
            answer = ask_elsewhere(attempt) or answer
        if isinstance(answer, ProviderResult):
            return answer
        if attempt.only_asks or not isinstance(answer, ReferenceUnknown):
            return OutcomeUnknown(str(answer))
    failpoint("attempts.submit.before_call")
    try:
        _check_payee(connector, request)
        answer = perform(connector, operation_of(attempt), request)
    except ConnectorError as error:
        answer = error
    failpoint("attempts.submit.after_call")
    return answer


def _not_sent(error: Exception, attempt: Attempt) -> ReplyOrError:
    if isinstance(error, ConnectorError):
        return error
    if is_away(error) or is_busy(error):
        # Our own outage is no lasting reason: another attempt follows.
        return NotSent(f"the database was away: {type(error).__name__}")
    logger.error("order could not be made", exc_info=error, extra={"attempt_id": str(attempt.pk)})
    return NotSent(
        f"the order could not be made: {type(error).__name__}",
        failure_code=FailureCode.CONFIGURATION,
    )


def _prepare(attempt: Attempt) -> tuple[Queries, OperationRequest]:
    account = attempt.provider_account
    connector = connector_for(account)
    token = sign_token("callback", attempt.pk)
    instruction = Instruction(
        attempt=attempt,
        callback_url=f"{settings.PUBLIC_URL}/callbacks/{account.connector}/{token}",
        not_after=_not_after(attempt),
    )
    return connector, owner_of(attempt.owner_type).request_for(attempt.owner, instruction)


def _check_payee(connector: Queries, request: OperationRequest) -> None:
    """Ask first, where the rail can be asked, so that no order fails for a number without a wallet.

    Raises PayeeRefused; NotSent where the provider did not say: what it did not say is no reason.
    """
    if not isinstance(request, DisburseRequest) or not isinstance(connector, ChecksPayee):
        return
    check = connector.check_payee(
        PayeeRequest(
            payee_msisdn=request.payee_msisdn, country=request.country, currency=request.currency
        )
    )
    if check.failure_code:
        raise PayeeRefused(check.failure_code)
    if check.status is not PayeeStatus.CAN_RECEIVE:
        raise NotSent(f"nothing is known of the payee: {check.detail}")


def _not_after(attempt: Attempt) -> datetime:
    """A process may sleep between claim and call. Once the provider's "never heard of it" counts,
    the owner may try anew: an order that arrived after that would move the money twice."""
    believed_after = unknown_reference_grace(attempt.provider_account, operation_of(attempt))
    sent_at = attempt.submitted_at or attempt.created_at
    # The other half is for the call itself.
    return sent_at + believed_after / 2
