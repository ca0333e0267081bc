"""Payments and their attempts as merchants see them: in answers, events and webhooks alike."""

from __future__ import annotations

from apps.core.api.field_words import STATES
from apps.core.api.resource import (
    Choice,
    Constant,
    Flag,
    Id,
    Instant,
    Metadata,
    Number,
    Resource,
    Text,
    Uuid,
)
from apps.core.money import EXPONENTS
from apps.orchestration.models import Attempt, AttemptStatus
from apps.payments.models import Payment, PaymentStatus
from apps.providers.contract import FailureCode
from apps.providers.rules.payer_prompts import APPROVALS

# What can befall who is paid has no place in a payment.
PAYMENT_FAILURES = [code.value for code in FailureCode if not code.startswith("payee_")]


def _received(payment: Payment) -> int | None:
    return payment.received if payment.status == PaymentStatus.SUCCEEDED else None


class PayerOutput(Resource):
    phone = Text(source="payer_msisdn_masked", example="+237 •••••••01", help_text="Masked.")


class NextActionOutput(Resource):
    kind = Choice(
        APPROVALS,
        example="redirect",
        help_text="approve_on_phone: the payer agrees on the telephone. redirect: send the"
        " payer to `url`.",
    )
    url = Text(
        example="https://webpayment.example/v1abc",
        help_text="Where to send the payer; empty without a redirect.",
    )


class PaymentOutput(Resource):
    """No query: everything is in the row."""

    id = Id("pay", example="pay_01kasd9y7nfx58m4vqgh3w2z6t")
    object = Constant("payment")
    livemode = Flag(example=False)
    status = Choice(
        PaymentStatus.values,
        example="succeeded",
        help_text="verifying: we do not know, and are asking. expired: it may still succeed, late."
        + STATES,
    )
    amount = Number(example=1500, help_text="In the currency's smallest unit.")
    amount_received = Number(
        source="*",
        convert=_received,
        allow_null=True,
        example=1500,
        help_text="What was paid: the amount, unless another was accepted; null until then.",
    )
    amount_refunded = Number(
        example=0,
        help_text="What was given back of it, or is being; refunds that failed do not count.",
    )
    amount_disputed = Number(
        example=0, help_text="What of it is disputed now, or was lost to a dispute."
    )
    currency = Choice(sorted(EXPONENTS), example="XAF")
    fee = Number(example=30, help_text="What we keep of the amount, once it is paid.")
    fee_tax = Number(example=6, help_text="The tax on the fee, kept of the amount as well.")
    fee_line = Id(
        "fln",
        source="fee_line_id",
        allow_null=True,
        example="fln_01kasd8x2m4p6r8t0v2y4z6b8d",
        help_text="The line of your fees that it is by (GET /fees); null where none fits.",
    )
    country = Text(example="CM", help_text="ISO 3166, of the number.")
    method = Choice(["mobile_money"], example="mobile_money")
    operator = Text(example="mtn")
    provider = Text(example="mtn_momo", help_text="Of the latest attempt.")
    payer = PayerOutput(source="*", help_text="Whose wallet is asked.")
    reference = Text(source="merchant_reference", example="order-7", help_text="Your own.")
    description = Text(example="Two tickets")
    metadata = Metadata(example={"cart": "42"})
    next_action = NextActionOutput(
        source="what_payer_does",
        allow_null=True,
        example=None,
        help_text="What the payer has to do; null if nothing, and while the outcome is unknown.",
    )
    failure_code = Choice(
        PAYMENT_FAILURES,
        allow_null=True,
        example=None,
        help_text="Why it failed or expired: the guide on errors says what each means. Null"
        " otherwise.",
    )
    return_url = Text(
        allow_null=True,
        example=None,
        help_text="Where the payer's browser goes afterwards; null if you named nothing.",
    )
    cancel_url = Text(
        allow_null=True,
        example=None,
        help_text="Where it goes if the payer gives up or it fails; null if you named nothing.",
    )
    expires_at = Instant(
        example="2026-11-22T08:10:00.000Z", help_text="Unanswered, it is reported expired then."
    )
    created_at = Instant(example="2026-11-22T08:00:00.000Z")
    completed_at = Instant(allow_null=True, example="2026-11-22T08:00:21.000Z")


class AttemptOutput(Resource):
    """An attempt read with its provider account; no query."""

    id = Id("att", example="att_01kasd9y7p4q2m6t8w0z5x3v9r")
    object = Constant("attempt")
    livemode = Flag(source="provider_account.livemode", example=False)
    payment = Id(
        "pay",
        source="owner_id",
        example=PaymentOutput.example()["id"],
        help_text="The payment it is for.",
    )
    operation = Choice(
        Attempt.Operation.values,
        example="collect",
        help_text="What the provider is asked to do: of a payment always collect.",
    )
    kind = Choice(
        Attempt.Operation.values,
        source="operation",
        example="collect",
        help_text="The same as operation: its name of before.",
    )
    provider = Text(source="provider_account.connector", example="mtn_momo")
    status = Choice(
        AttemptStatus.values,
        example="succeeded",
        help_text="created: not sent yet. submitted: being sent. pending, requires_action,"
        " authorized: the provider has it. unknown: we do not know, and are asking."
        " not_sent: the provider provably never had it.",
    )
    reference = Uuid(
        example="5f1c9c1e-8f0a-4c39-9a64-0d7f8a1f2b3c", help_text="What the provider knows it by."
    )
    provider_reference = Text(
        allow_null=True,
        example="363440463",
        help_text="The provider's own: what the payer reads in the confirmation. Null while"
        " it gave none.",
    )
    failure_code = Choice(
        PAYMENT_FAILURES,
        allow_null=True,
        example=None,
        help_text="Why it failed or was not sent, or that the payer is waited for no more;"
        " null otherwise.",
    )
    created_at = Instant(example="2026-11-22T08:00:00.000Z")
    submitted_at = Instant(
        allow_null=True,
        example="2026-11-22T08:00:00.012Z",
        help_text="When it was given to the provider; null until then.",
    )
    completed_at = Instant(allow_null=True, example="2026-11-22T08:00:21.000Z")


class PaymentWithAttemptsOutput(PaymentOutput):
    attempts = AttemptOutput(
        many=True, required=False, is_given=True, help_text="With expand=attempts."
    )
