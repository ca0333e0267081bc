"""Batches of payouts as merchants see them: in answers, events and webhooks alike."""

from __future__ import annotations

from typing import Any

from apps.core.api.field_words import STATES
from apps.core.api.resource import Choice, Constant, Flag, Id, Instant, Number, Resource, Text
from apps.core.money import EXPONENTS
from apps.payout_batches.models import BatchStatus, LineStatus, PayoutBatch

# The sums of no line.
NONE = {"count": 0, "amount": 0, "fee": 0, "fee_tax": 0}


def _hex(value: Any) -> str | None:
    return bytes(value).hex() if value else None


class LineSumOutput(Resource):
    count = Number(example=10)
    amount = Number(example=10000, help_text="In the currency's smallest unit.")
    fee = Number(
        example=100,
        help_text="What is charged beside it, held since the batch was submitted; nothing of lines"
        " that are not paid.",
    )
    fee_tax = Number(example=20, help_text="The tax on the fees, beside it as well.")


class LineSumsOutput(Resource):
    """How many lines of each status, and how much they are together."""

    invalid = LineSumOutput(
        example=NONE | {"count": 2},
        help_text="Not paid unless corrected. One whose amount cannot be read counts with none.",
    )
    ready = LineSumOutput(example=NONE, help_text="To be sent.")
    dropped = LineSumOutput(example=NONE, help_text="Not to be paid.")
    sent = LineSumOutput(example=NONE, help_text="Payouts under way.")
    succeeded = LineSumOutput(help_text="The payees have the money.")
    failed = LineSumOutput(
        example=NONE | {"count": 1, "amount": 1000}, help_text="Nothing was paid."
    )
    canceled = LineSumOutput(example=NONE, help_text="Not sent, for the batch was canceled.")


class ProgressOutput(Resource):
    """How far a batch is, of the lines that are or were to be sent."""

    total = Number(example=11, help_text="How many lines these are.")
    ended = Number(example=11, help_text="How many of them have succeeded or failed.")
    amount_total = Number(
        example=11000, help_text="What they are together, in the currency's smallest unit."
    )
    amount_ended = Number(example=11000, help_text="What those that have ended are together.")
    fee_total = Number(
        example=100, help_text="What is charged beside the amounts; less as lines fail."
    )
    fee_tax_total = Number(example=20, help_text="The tax on the fees.")
    rate_per_minute = Number(
        allow_null=True,
        example=120,
        help_text="Payouts ended in a minute, since it started and without its pauses; null while"
        " none has ended.",
    )
    ends_at = Instant(
        allow_null=True,
        example=None,
        help_text="When it will have ended at this rate; null if that is not known: it does not"
        " run, or too little of it has ended.",
    )
    seconds_left_min = Number(
        allow_null=True,
        example=None,
        help_text="What is left takes so long at the least, for its rails take so many orders a"
        " minute; null if they say no limit.",
    )


class PayoutBatchOutput(Resource):
    """No query: the row was read with its sums, see selectors.describe_batch."""

    id = Id("pob", example="pob_01kasdc5x0ks4q7t9w1y3a6d8f")
    object = Constant("payout_batch")
    livemode = Flag(example=False)
    status = Choice(
        BatchStatus.values,
        example="completed",
        help_text="checking: its lines are being read. draft: lines may be corrected or dropped."
        " needs_approval: its total is held, with its fees, until another approves it. canceling:"
        " what was not sent will not be; some payouts have not ended." + STATES,
    )
    currency = Choice(sorted(EXPONENTS), example="XAF")
    lines = LineSumsOutput(
        source="line_sums",
        help_text="How many lines of each status, and how much they are together.",
    )
    progress = ProgressOutput(help_text="How far it is, of the lines that are or were to be sent.")
    reference = Text(source="merchant_reference", example="wages-2026-11", help_text="Your own.")
    description = Text(example="Wages of November")
    source = Choice(
        PayoutBatch.Source.values,
        example="api",
        help_text="How its lines came. api: in the request. file: as a table. pain001: as an"
        " order of ISO 20022.",
    )  # type: ignore[assignment]
    file_name = Text(
        allow_null=True, example=None, help_text="Of the file that they came in; null if in none."
    )
    failure_code = Text(
        allow_null=True, example=None, help_text="Why it ended without being sent; null otherwise."
    )
    digest = Text(
        convert=_hex,
        allow_null=True,
        example="6f9bb1e1d5e44f7b8f0b0f3f5a2c7d1e9a4b6c8d0e2f4a6b8c0d2e4f6a8b0c2d",
        help_text="Of the payees, amounts, fees and sums that are to be approved: send it when you"
        " approve, so that what you saw is what is paid. Null until it is submitted, and once it is"
        " sent back.",
    )
    rejection_reason = Text(
        allow_null=True,
        example=None,
        help_text="Why it was last sent back to its maker; null if it never was, and once it is"
        " submitted again.",
    )
    retry_of = Id(
        "pob",
        source="retry_of_id",
        allow_null=True,
        example=None,
        help_text="The batch of which this sends again what failed; null of others.",
    )
    scheduled_at = Instant(
        allow_null=True, example=None, help_text="Not sent before; null: once it is approved."
    )
    created_at = Instant(example="2026-11-22T08:00:00.000Z")
    submitted_at = Instant(
        allow_null=True,
        example="2026-11-22T08:04:00.000Z",
        help_text="When it was last submitted for approval; null until then.",
    )
    approved_at = Instant(
        allow_null=True,
        example="2026-11-22T08:09:00.000Z",
        help_text="When it was approved; null until then.",
    )
    started_at = Instant(
        allow_null=True,
        example="2026-11-22T08:09:00.500Z",
        help_text="When it began to be sent; null until then.",
    )
    completed_at = Instant(allow_null=True, example="2026-11-22T08:09:07.000Z")


# A batch without lines.
NO_LINES = dict.fromkeys(LineStatus.values, NONE)
