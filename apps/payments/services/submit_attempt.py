from __future__ import annotations

import logging
from datetime import datetime

from django.conf import settings

from apps.core.database_errors import is_away, is_busy
from apps.core.failpoints import failpoint
from apps.merchants.selectors.merchant_by_id import merchant_by_id
from apps.payments.lifecycle import Heard, News
from apps.payments.models import Attempt, StatusChange
from apps.payments.services.claim_attempts import ClaimedAttempt
from apps.payments.services.create_payment import PAYER_CONTEXT
from apps.providers.contract import (
    CollectRequest,
    Collects,
    ConnectorError,
    FailureCode,
    NotSent,
)
from apps.providers.registry import connector_for, unknown_reference_grace
from apps.vault.encryption import decrypt
from apps.vault.tokens import sign_token

logger = logging.getLogger(__name__)


def submit_attempt(claimed: ClaimedAttempt) -> Heard:
    """Send one claimed attempt to its provider; returns what was heard, for apply_results."""
    attempt = claimed.attempt
    news = send_order(attempt)
    return Heard(attempt.pk, news, StatusChange.Source.WORKER, is_submission=True)


def send_order(attempt: Attempt) -> News:
    """The network call alone. No transaction is open, no lock held.

    What goes wrong before the connector is called is "not sent", with its reason.
    """
    try:
        connector, request = _prepare(attempt)
    except ConnectorError as error:
        return error
    except Exception as error:
        if is_away(error) or is_busy(error):
            # Our own outage is no lasting reason: another attempt follows.
            return NotSent(f"the database was away: {type(error).__name__}")
        logger.exception("order could not be made", extra={"attempt_id": str(attempt.pk)})
        return NotSent(
            f"the order could not be made: {type(error).__name__}",
            failure_code=FailureCode.CONFIGURATION,
        )
    failpoint("payments.submit.before_call")
    news: News
    try:
        news = connector.collect(request)
    except ConnectorError as error:
        news = error
    failpoint("payments.submit.after_call")
    return news


def _prepare(attempt: Attempt) -> tuple[Collects, CollectRequest]:
    payment, account = attempt.payment, attempt.provider_account
    merchant = merchant_by_id(payment.merchant_id)
    connector = connector_for(account)
    if not isinstance(connector, Collects):
        raise NotSent(f"{account.connector} cannot collect", failure_code=FailureCode.CONFIGURATION)
    callback_token = sign_token("callback", attempt.pk)
    page = f"{settings.PUBLIC_URL}/pay/{sign_token('payer_page', payment.pk)}"
    return connector, CollectRequest(
        reference=attempt.reference,
        amount=payment.amount,
        currency=payment.currency,
        country=payment.country,
        payer_msisdn=decrypt(
            payment.payer_msisdn_encrypted, context=PAYER_CONTEXT, row_id=payment.pk
        ),
        description=payment.description or payment.merchant_reference,
        merchant_name=merchant.name,
        callback_url=f"{settings.PUBLIC_URL}/callbacks/{account.connector}/{callback_token}",
        return_url=payment.return_url or page,
        cancel_url=payment.cancel_url or page,
        language=merchant.language,
        not_after=_not_after(attempt),
    )


def _not_after(attempt: Attempt) -> datetime:
    """A process may sleep between claim and call. Once the provider's "never heard of it" counts,
    the payment may be offered anew: an order that arrived after that would charge it twice."""
    believed_after = unknown_reference_grace(attempt.provider_account)
    sent_at = attempt.submitted_at or attempt.created_at
    # The other half is for the call itself.
    return min(attempt.payment.expires_at, sent_at + believed_after / 2)
