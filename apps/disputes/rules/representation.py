"""Disputes as merchants see them: in answers, events and webhooks alike."""

from __future__ import annotations

from apps.core.api.field_words import STATES
from apps.core.api.resource import Choice, Constant, Flag, Id, Instant, Number, Resource, Text
from apps.core.money import EXPONENTS
from apps.disputes.models import DisputeStatus, Network, OpenedBy, Reason, Stage
from apps.payments.rules.representation import PaymentOutput


class DisputeOutput(Resource):
    """No query: everything is in the row."""

    id = Id("dis", example="dis_01kasdc4w9jr3p6s8v0x2z5c7e")
    object = Constant("dispute")
    livemode = Flag(example=False)
    payment = Id(
        "pay",
        source="payment_id",
        example=PaymentOutput.example()["id"],
        help_text="The payment whose money is disputed.",
    )
    status = Choice(
        DisputeStatus.values,
        example="needs_response",
        help_text="needs_response: send evidence, and submit it. under_review: it is being"
        " decided. won and withdrawn: you keep the money." + STATES,
    )
    amount = Number(
        example=1500, help_text="What is disputed and held, in the currency's smallest unit."
    )
    amount_lost = Number(example=0, help_text="What the payer got of it.")
    currency = Choice(sorted(EXPONENTS), example="XAF")
    network = Choice(Network.values, example="mobile_money", help_text="Whose rules it follows.")
    reason = Choice(
        Reason.values, example="service_not_rendered", help_text="Why the money is wanted back."
    )
    reason_code = Text(
        allow_null=True, example=None, help_text="The card scheme's own; null of mobile money."
    )
    stage = Choice(
        Stage.values,
        example="complaint",
        help_text="Of mobile money always complaint; cards have the others, in this order.",
    )
    opened_by = Choice(
        OpenedBy.values,
        example="payer",
        help_text="Who disputes it: merchant is you, for your customer; staff are ours.",
    )
    provider_reference = Text(
        allow_null=True,
        example=None,
        help_text="The provider's own number of the case; null if it gave none.",
    )
    evidence_due_at = Instant(
        example="2026-11-29T08:00:00.000Z", help_text="Evidence is taken until then."
    )
    responded_at = Instant(
        allow_null=True,
        example=None,
        help_text="When you submitted your evidence of this stage; null until then.",
    )
    opened_at = Instant(example="2026-11-22T08:00:00.000Z", help_text="When it was opened.")
    closed_at = Instant(
        allow_null=True,
        example=None,
        help_text="When it was decided or withdrawn; null until then.",
    )
