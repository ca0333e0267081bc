"""Approvals as merchants see them: in answers, events and webhooks alike."""

from __future__ import annotations

from typing import Any

from apps.approvals.models import Approval
from apps.core.api.resource import Choice, Constant, Flag, Id, Instant, Number, Resource, Text
from apps.core.money import EXPONENTS


def _hex(value: Any) -> str:
    return bytes(value).hex()


class ApprovalOutput(Resource):
    """No query: everything is in the row."""

    id = Id("apv", source="pk", example="apv_01kasdc7v2n4q6s8v0x2z4b6d8")
    object = Constant("approval")
    livemode = Flag(example=False)
    status = Choice(
        Approval.Status.values,
        example="pending",
        help_text="withdrawn: what it is about was canceled. expired: nobody decided in time.",
    )
    action = Text(
        example="payout_batch.start",
        help_text="What is done once it is approved: payout_batch.start, payout.send, refund.send.",
    )
    target = Text(
        example="pob_01kasdc5x0ks4q7t9w1y3a6d8f", help_text="The object that it is done to."
    )
    amount = Number(example=11000, help_text="In the currency's smallest unit.")
    currency = Choice(sorted(EXPONENTS), example="XAF")
    digest = Text(
        convert=_hex,
        example="6f9bb1e1d5e44f7b8f0b0f3f5a2c7d1e9a4b6c8d0e2f4a6b8c0d2e4f6a8b0c2d",
        help_text="Of all that is to be approved: send it when you decide, so that what you saw is"
        " what is done.",
    )
    reason = Text(
        allow_null=True, example=None, help_text="Why it was rejected; null unless it was."
    )
    created_at = Instant(
        source="requested_at",
        example="2026-11-22T08:04:00.000Z",
        help_text="When it was asked for.",
    )
    expires_at = Instant(
        example="2026-11-23T08:04:00.000Z", help_text="If nobody has decided by then, it expires."
    )
    completed_at = Instant(source="decided_at", allow_null=True, example=None)
