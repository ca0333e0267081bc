from __future__ import annotations

import logging

from django.conf import settings
from django.utils import timezone

from apps.core.failpoints import failpoint
from apps.merchants.selectors.merchant_by_id import merchant_by_id
from apps.payments.lifecycle import News
from apps.payments.models import StatusChange
from apps.payments.services.apply_result import apply_result
from apps.payments.services.claim_attempts import ClaimedAttempt
from apps.payments.services.create_payment import PAYER_CONTEXT
from apps.providers.contract import CollectRequest, Collects, ConnectorError, OutcomeUnknown
from apps.providers.registry import connector_for
from apps.vault.sealing import unseal
from apps.vault.tokens import sign_token

logger = logging.getLogger(__name__)


def submit_attempt(claimed: ClaimedAttempt) -> None:
    """Send one claimed attempt to its provider and apply the answer."""
    attempt, payment = claimed.attempt, claimed.attempt.payment
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
    apply_result(
        attempt_id=attempt.pk,
        news=news,
        is_submission=True,
        source=StatusChange.Source.WORKER,
        now=timezone.now(),
    )
