"""Where a payer lands after the provider's page, when the merchant named no page of its own."""

from __future__ import annotations

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils import translation

from apps.core.money import Money
from apps.payments.failures import FAILURES
from apps.payments.models import Payment, PaymentStatus
from apps.providers.contract import FailureCode
from apps.vault.tokens import read_token

# The page looks again by itself, without JavaScript, until the payment is settled.
LOOK_AGAIN_S = 4


def payer_page(request: HttpRequest, token: str) -> HttpResponse:
    """The state of one payment in the payer's words. The token is the only key to it."""
    payment_id = read_token("payer_page", token)
    payment = (
        Payment.objects.select_related("merchant").filter(pk=payment_id).first()
        if payment_id
        else None
    )
    if payment is None:
        raise Http404
    waiting = payment.status not in {
        PaymentStatus.SUCCEEDED,
        PaymentStatus.FAILED,
        PaymentStatus.EXPIRED,
        PaymentStatus.CANCELED,
    }
    failure = FAILURES[FailureCode(payment.failure_code)].payer if payment.failure_code else ""
    language = payment.merchant.language
    with translation.override(language):
        response = render(
            request,
            "checkout/payer_page.html",
            {
                "payment": payment,
                "money": Money(payment.amount, payment.currency),
                "waiting": waiting,
                "failure": failure,
                "look_again_s": LOOK_AGAIN_S,
                "language": language,
            },
        )
    response["Referrer-Policy"] = "no-referrer"
    response["Cache-Control"] = "no-store"
    response["Content-Security-Policy"] = (
        "default-src 'none'; style-src 'unsafe-inline'; base-uri 'none'; frame-ancestors 'none'"
    )
    return response
