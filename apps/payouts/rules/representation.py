"""Payouts as merchants see them: in answers, events and webhooks alike."""

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
)
from apps.core.money import EXPONENTS
from apps.payouts.models import PayoutStatus
from apps.providers.contract import FailureCode

# What can befall who pays has no place in a payout.
PAYOUT_FAILURES = [code.value for code in FailureCode if not code.startswith("payer_")]


class PayeeOutput(Resource):
    phone = Text(source="payee_msisdn_masked", example="+237 •••••••03", help_text="Masked.")


class PayoutOutput(Resource):
    """No query: everything is in the row."""

    id = Id("po", example="po_01kasdc3v8hq2n5r7t9w1y4b6d")
    object = Constant("payout")
    livemode = Flag(example=False)
    status = Choice(
        PayoutStatus.values,
        example="succeeded",
        help_text="needs_approval: a rule demands that others approve it first. verifying: we do"
        " not know, and are asking; nothing is sent again meanwhile." + STATES,
    )
    amount = Number(example=1000, help_text="In the currency's smallest unit.")
    currency = Choice(sorted(EXPONENTS), example="XAF")
    fee = Number(
        example=10,
        help_text="What we charge beside the amount once it is sent, held with it until then;"
        " nothing if it fails.",
    )
    fee_tax = Number(example=2, help_text="The tax on the fee, charged beside the amount as well.")
    fee_line = Id(
        "fln",
        source="fee_line_id",
        allow_null=True,
        example="fln_01kasd8x2m4p6r8t0v2y4z6b8d",
        help_text="The line of your fees that it is by (GET /fees); null where none fits.",
    )
    country = Text(example="CM", help_text="ISO 3166, of the number.")
    operator = Text(example="mtn")
    provider = Text(example="mtn_momo", help_text="Of the latest attempt.")
    payee = PayeeOutput(source="*")
    reference = Text(source="merchant_reference", example="wages-7", help_text="Your own.")
    description = Text(example="Wages of November")
    metadata = Metadata(example={"employee": "42"})
    failure_code = Choice(PAYOUT_FAILURES, allow_null=True, example=None)
    approval = Id(
        "apv",
        source="approval_id",
        allow_null=True,
        example=None,
        help_text="What others had to approve of it (GET /approvals/{id}); null where no rule"
        " demanded it.",
    )
    created_at = Instant(example="2026-11-22T08:05:00.000Z")
    completed_at = Instant(allow_null=True, example="2026-11-22T08:05:04.000Z")
