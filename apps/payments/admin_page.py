"""What a payment's admin page says in words."""

from __future__ import annotations

from collections.abc import Mapping

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from apps.payments.models import PayerChoice, Payment, PaymentStatus
from apps.providers.contract import FailureCode
from apps.providers.rules.failures import FAILURES

# What each status means, for whoever has the merchant on the telephone.
SENTENCES: Mapping[str, str | Promise] = {
    PaymentStatus.PENDING: _("Waiting for the payer to approve."),
    PaymentStatus.REQUIRES_ACTION: _("The payer has to open the provider's page."),
    PaymentStatus.AUTHORIZED: _("The money is reserved and not yet taken."),
    PaymentStatus.VERIFYING: _("We do not know the outcome yet: only the provider can say it."),
    PaymentStatus.SUCCEEDED: _("Paid and booked."),
    PaymentStatus.EXPIRED: _("Nobody answered in time. A late success would still be booked."),
    PaymentStatus.CANCELED: _("Canceled before it was paid."),
}


def sentence_of(payment: Payment) -> str | Promise:
    if payment.payer_choice == PayerChoice.OPEN and payment.status == PaymentStatus.REQUIRES_ACTION:
        return _("The payer has to say on our page which number pays.")
    if payment.failure_code in FAILURES:
        return FAILURES[FailureCode(payment.failure_code)].agent
    return SENTENCES.get(payment.status, payment.failure_code)
