"""Refunds as merchants see them: in answers, events and webhooks alike."""

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
from apps.payments.rules.representation import PaymentOutput
from apps.providers.contract import FailureCode
from apps.refunds.models import RefundStatus, RefundWay

# What can befall who pays has no place in a refund.
REFUND_FAILURES = [code.value for code in FailureCode if not code.startswith("payer_")]


class RefundOutput(Resource):
    """No query: everything is in the row."""

    id = Id("ref", example="ref_01kasdc2s4h7j9n1q3t5v8x0zb")
    object = Constant("refund")
    livemode = Flag(example=False)
    payment = Id(
        "pay",
        source="payment_id",
        example=PaymentOutput.example()["id"],
        help_text="The payment whose money is given back.",
    )
    status = Choice(
        RefundStatus.values,
        example="succeeded",
        help_text="needs_approval: a rule demands that others approve it first. processing: a"
        " provider has it. verifying: we do not know, and are asking." + STATES,
    )
    amount = Number(example=500, help_text="In the currency's smallest unit.")
    currency = Choice(sorted(EXPONENTS), example="XAF")
    fee = Number(
        example=5,
        help_text="What we charge beside the amount once it is sent, held with it until then;"
        " nothing if it fails.",
    )
    fee_tax = Number(example=1, help_text="The tax on the fee, charged beside the amount as well.")
    fee_line = Id(
        "fln",
        source="fee_line_id",
        allow_null=True,
        example="fln_01kasd8x2m4p6r8t0v2y4z6b8d",
        help_text="The line of your fees that it is by (GET /fees); null where none fits.",
    )
    fee_returned = Number(
        example=0,
        help_text="What it gave back of the fee of its payment, once it has succeeded: `fee_return`"
        " of the line by which that was charged says how much (GET /fees).",
    )
    fee_tax_returned = Number(example=0, help_text="The same of the tax on that fee.")
    way = Choice(
        RefundWay.values,
        example="refund",
        help_text="refund: the rail's own. disburse: a payment to the payer's number, where the"
        " rail's own cannot be used.",
    )
    provider = Text(example="mtn_momo")
    reason = Text(example="One ticket returned", help_text="Your own.")
    metadata = Metadata(example={"cart": "42"})
    failure_code = Choice(REFUND_FAILURES, allow_null=True, example=None)
    approval = Id(
        "apv",
        source="approval_id",
        allow_null=True,
        example=None,
        help_text="What others had to approve of it (GET /approvals/{id}); null where no rule"
        " demanded it.",
    )
    created_at = Instant(example="2026-11-22T09:00:00.000Z")
    completed_at = Instant(allow_null=True, example="2026-11-22T09:00:02.000Z")
