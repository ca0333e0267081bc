"""What the payer is told of a payment, by the page and by its stream."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from django.conf import settings
from django.utils import translation
from django.utils.translation import gettext as _

from apps.core import database_clock
from apps.core.money import Money
from apps.core.public_ids import encode_id
from apps.orchestration.models import Attempt
from apps.payments.models import ASKS_PAYER, PayerChoice, Payment, PaymentStatus
from apps.payments.rules.payer_choice import may_choose
from apps.providers.contract import FailureCode
from apps.providers.rules.failures import FAILURES
from apps.vault.tokens import read_token

SETTLED = {
    PaymentStatus.SUCCEEDED,
    PaymentStatus.FAILED,
    PaymentStatus.EXPIRED,
    PaymentStatus.CANCELED,
}
# Their sentence says already that nothing was taken.
SAY_SO = {FailureCode.PROVIDER_UNAVAILABLE, FailureCode.CONFIGURATION}


@dataclass(frozen=True, slots=True)
class PayerView:
    """In the merchant's language, or the payer's own. `heading` and `sentence`: how it stands.
    `next_action`: None where they tell her to do nothing."""

    payment_id: UUID
    merchant_name: str
    language: str
    money: Money
    status: str
    heading: str
    sentence: str
    next_action: dict[str, Any] | None
    # Why it failed, for the article about it.
    failure_code: str
    # Whether she says here which number pays, and how many were asked before.
    asks_number: bool = False
    tries: int = 0
    # The shop's page that she goes back to; "" while she has something to do here.
    way_back: str = ""

    @property
    def is_settled(self) -> bool:
        return self.status in SETTLED

    @property
    def public_id(self) -> str:
        return encode_id("pay", self.payment_id)


def read_payer_view(token: str, *, language: str = "") -> PayerView | None:
    """How the payment of this token stands; None when the token opens none. One query, and
    one more where the payer says which number pays.

    Args:
        language: the payer's own choice, instead of the merchant's language; one that we do not
            speak is none.
    """
    payment_id = read_token("payer_page", token)
    if payment_id is None:
        return None
    payment = Payment.objects.select_related("merchant").filter(pk=payment_id).first()
    if payment is None:
        return None
    if language not in dict(settings.LANGUAGES):
        language = payment.merchant.language
    with translation.override(language):
        attempts = list(payment.attempts.order_by("id")) if payment.payer_choice else []
        asks_number = payment.merchant.is_active and may_choose(
            payment, attempts, now=database_clock.now()
        )
        is_closed = _is_open(payment) and not asks_number
        heading, sentence = _closed() if is_closed else _words(payment, attempts[-1:])
        return PayerView(
            payment_id=payment.pk,
            merchant_name=payment.merchant.name,
            language=language,
            money=Money(payment.amount, payment.currency),
            status=payment.status,
            heading=heading,
            sentence=sentence,
            # It would lead back to this page.
            next_action=None if is_closed else payment.what_payer_does,
            failure_code=payment.failure_code,
            asks_number=asks_number,
            tries=len(attempts),
            way_back=_way_back(payment),
        )


def view_as_json(view: PayerView) -> dict[str, Any]:
    """What changes while the page is open: nothing about a person."""
    return {
        "object": "payer_view",
        "status": view.status,
        "heading": view.heading,
        "sentence": view.sentence,
        # One without an address, as a prompt on the phone, has no button on the page.
        "next_action": view.next_action if (view.next_action or {}).get("url") else None,
    }


def _way_back(payment: Payment) -> str:
    """Of a provider's page it is the provider that sends her back."""
    if not payment.payer_choice or payment.status not in SETTLED:
        return ""
    is_paid = payment.status == PaymentStatus.SUCCEEDED
    return payment.return_url if is_paid else payment.cancel_url or payment.return_url


def _is_open(payment: Payment) -> bool:
    return payment.payer_choice == PayerChoice.OPEN and payment.status in ASKS_PAYER


def _closed() -> tuple[str, str]:
    """Its time is over and nobody has written it yet, or nothing is sent for the shop any more."""
    return _("Payment not completed"), _("You cannot pay here any more. Ask the shop.")


def _words(payment: Payment, tried: Sequence[Attempt]) -> tuple[str, str]:
    if _is_open(payment):
        return _("Which number pays?"), " ".join(_why_again(tried))
    if payment.status == PaymentStatus.SUCCEEDED:
        return _("Payment received"), _("Thank you. You can close this page.")
    if payment.status == PaymentStatus.VERIFYING:
        return (
            _("We are asking your operator"),
            _(
                "We do not know yet whether your operator took the money. Please do not pay again."
                " This page refreshes by itself."
            ),
        )
    if payment.status not in SETTLED and (payment.next_action or {}).get("url"):
        return (
            _("We are waiting for your confirmation"),
            _("Continue on your operator's page. This page refreshes by itself."),
        )
    if payment.status not in SETTLED:
        return (
            _("We are waiting for your confirmation"),
            _("Confirm on your phone. This page refreshes by itself."),
        )
    return _("Payment not completed"), " ".join(_why_not(payment))


def _why_again(tried: Sequence[Attempt]) -> Iterator[str]:
    for attempt in tried:
        if attempt.failure_code:
            yield str(FAILURES[FailureCode(attempt.failure_code)].payer)
        yield _("Nothing was taken. You can try again, with another number too.")


def _why_not(payment: Payment) -> Iterator[str]:
    """Why, and who has the money."""
    if payment.status == PaymentStatus.CANCELED:
        yield _("The shop canceled this payment before anything was sent. Nothing was taken.")
        return
    if payment.status == PaymentStatus.EXPIRED and payment.payer_choice == PayerChoice.OPEN:
        yield _("The time to say which number pays is over. As far as we know nothing was taken.")
        return
    if payment.failure_code:
        yield str(FAILURES[FailureCode(payment.failure_code)].payer)
    if payment.status == PaymentStatus.FAILED:
        if payment.failure_code not in SAY_SO:
            # Operators correct themselves now and then: it is their word, not ours.
            yield _("Your operator says that it took nothing.")
    else:
        yield _("If you approved it at the last moment, it counts: we will hear of it.")
