from __future__ import annotations

import logging
from datetime import datetime

from django.conf import settings

from apps.core import database_clock
from apps.core.failpoints import failpoint
from apps.merchants.selectors.merchant_by_id import merchant_by_id
from apps.payments.lifecycle import Heard, News
from apps.payments.models import Attempt, StatusChange
from apps.payments.services.claim_attempts import ClaimedAttempt
from apps.payments.services.create_payment import PAYER_CONTEXT
from apps.providers.contract import CollectRequest, Collects, ConnectorError, OutcomeUnknown
from apps.providers.registry import connector_for, unknown_reference_grace
from apps.vault.sealing import unseal
from apps.vault.tokens import sign_token

logger = logging.getLogger(__name__)


def submit_attempt(claimed: ClaimedAttempt) -> Heard | None:
    """Send one claimed attempt to its provider; returns what was heard, for apply_results.

    None when too much time has passed since the claim: then it is not sent, and asking the
    provider finds that out.
    """
    attempt, payment = claimed.attempt, claimed.attempt.payment
    if _is_too_late(attempt, now=database_clock.now()):
        logger.warning("claimed too long ago to send", extra={"attempt_id": str(attempt.pk)})
        return None
    merchant = merchant_by_id(payment.merchant_id)
    connector = connector_for(attempt.provider_account)
    if not isinstance(connector, Collects):
        raise TypeError(f"{attempt.provider_account.connector} cannot collect")
    callback_token = sign_token("callback", attempt.pk)
    page = f"{settings.PUBLIC_URL}/pay/{sign_token('payer_page', payment.pk)}"
    request = CollectRequest(
        reference=attempt.reference,
        amount=payment.amount,
        currency=payment.currency,
        country=payment.country,
        payer_msisdn=unseal(payment.payer_msisdn_sealed, context=PAYER_CONTEXT, row_id=payment.pk),
        description=payment.description or payment.merchant_reference,
        merchant_name=merchant.name,
        callback_url=(
            f"{settings.PUBLIC_URL}/callbacks/{attempt.provider_account.connector}/{callback_token}"
        ),
        return_url=payment.return_url or page,
        cancel_url=payment.cancel_url or page,
        language=merchant.language,
    )
    failpoint("payments.submit.before_call")
    news: News
    try:
        news = connector.collect(request)
    except ConnectorError as error:
        news = error
    except Exception as error:
        # Nobody foresaw it, so nobody knows what reached the provider.
        logger.exception("connector broke", extra={"attempt_id": str(attempt.pk)})
        news = OutcomeUnknown(type(error).__name__)
    failpoint("payments.submit.after_call")
    return Heard(attempt.pk, news, StatusChange.Source.WORKER, is_submission=True)


def _is_too_late(attempt: Attempt, *, now: datetime) -> bool:
    """A process may sleep between claim and call. Once the provider's "never heard of it" counts,
    the payment may be offered anew: an order that arrived after that would charge it twice."""
    believed_after = max(settings.SUBMIT_LEASE, unknown_reference_grace(attempt.provider_account))
    # The other half is for the call itself.
    return attempt.submitted_at is not None and now - attempt.submitted_at > believed_after / 2
