"""What a payment's admin page says in words."""

from __future__ import annotations

from collections.abc import Mapping

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from apps.payments.models import Payment, PaymentStatus
from apps.payments.rules.payer import payer_msisdn
from apps.providers.contract import FailureCode
from apps.providers.models import ProviderAccount
from apps.providers.rules.failures import FAILURES
from apps.vault.encryption import DecryptionFailed, EncryptionKeyMissing

# What each status means, for whoever has the merchant on the telephone.
SENTENCES: Mapping[str, str | Promise] = {
    PaymentStatus.PENDING: _("Waiting for the payer to approve."),
    PaymentStatus.REQUIRES_ACTION: _("The payer has to open the provider's page."),
    PaymentStatus.AUTHORIZED: _("The money is reserved and not yet taken."),
    PaymentStatus.VERIFYING: _("We do not know the outcome, and are asking the provider."),
    PaymentStatus.SUCCEEDED: _("Paid and booked."),
    PaymentStatus.EXPIRED: _("Nobody answered in time. A late success would still be booked."),
    PaymentStatus.CANCELED: _("Canceled before it was paid."),
}

# Why an account was not asked, as apps.routing.rules.candidates keeps it.
ROUTING_REASONS: Mapping[str, str | Promise] = {
    "kept": _("usable"),
    "no connector": _("no connector"),
    "other mode": _("other mode"),
    "another merchant's": _("another merchant’s"),
    "closed by staff": _("closed by staff"),
    "cannot collect": _("cannot collect"),
    "other operator": _("other operator"),
    "other currency": _("other currency"),
    "amount too small": _("amount too small"),
    "amount too large": _("amount too large"),
}


def sentence_of(payment: Payment) -> str | Promise:
    if payment.failure_code in FAILURES:
        return FAILURES[FailureCode(payment.failure_code)].agent
    return SENTENCES.get(payment.status, payment.failure_code)


def shown_routing(payment: Payment) -> list[str]:
    """The accounts looked at, the best first, and why each was kept or not."""
    accounts = ProviderAccount.objects.in_bulk([one["account"] for one in payment.candidates])
    labels = {str(pk): account.label for pk, account in accounts.items()}
    return [
        f"{place}. {labels.get(one['account'], one['provider'])}: "
        f"{ROUTING_REASONS.get(one['reason'], one['reason'])}"
        for place, one in enumerate(payment.candidates, start=1)
    ]


def payer_of(payment: Payment) -> str:
    """The payer's number, to find it in texts and hide it there; "" when it does not open."""
    try:
        return payer_msisdn(payment)
    except (DecryptionFailed, EncryptionKeyMissing):
        return ""
