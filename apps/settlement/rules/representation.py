"""Settlements as merchants see them: in answers, events and webhooks alike."""

from __future__ import annotations

from apps.core.api.field_words import STATES
from apps.core.api.resource import Choice, Constant, Flag, Id, Instant, Number, Resource, Text
from apps.core.money import EXPONENTS
from apps.core.public_ids import encode_id
from apps.ledger.rules.postings import DIRECTIONS, MOVEMENT, SOURCES, TransferKind
from apps.settlement.models import PaidBy, SettlementLine, SettlementStatus

KINDS = [kind.value for kind in DIRECTIONS]


class TotalOutput(Resource):
    kind = Choice(KINDS, example="gross", help_text=MOVEMENT)
    count = Number(example=2)
    amount = Number(example=3000, help_text="Negative where it was taken off.")


class SettlementOutput(Resource):
    """No query: everything is in the row."""

    id = Id("set", example="set_01kasdc6y1mt5r8v0x2z4b7e9g")
    object = Constant("settlement")
    livemode = Flag(example=False)
    status = Choice(
        SettlementStatus.values,
        example="paid",
        help_text="carried_over: nothing is paid, and the next statement begins with the balance."
        " on_hold: we have to look at it. failed: your balance has the amount again; after paid,"
        " the money came back to our bank." + STATES,
    )
    number = Text(source="full_number", example="2026-000012", help_text="Without a gap in a year.")
    currency = Choice(sorted(EXPONENTS), example="XAF")
    period_start = Instant(
        allow_null=True,
        example="2026-11-21T08:00:00.000Z",
        help_text="When the period before was closed; null of the first.",
    )
    period_end = Instant(
        example="2026-11-22T08:00:00.000Z",
        help_text="When it was closed: what was under way at that moment is on the next statement.",
    )
    opening_balance = Number(example=0, help_text="In the currency's smallest unit.")
    closing_balance = Number(
        example=2940, help_text="Opening balance and all lines together; may be negative."
    )
    amount = Number(example=2940, help_text="What is paid to you.")
    carried_over = Number(example=0, help_text="What the next statement begins with, besides.")
    line_count = Number(example=4)
    totals = TotalOutput(
        many=True,
        source="totals_by_kind",
        help_text="The lines, by kind.",
    )
    paid_by = Choice(
        PaidBy.values,
        example="payout",
        help_text="payout: to your own wallet. bank_file: a transfer of our bank.",
    )
    payee = Text(source="payee_masked", example="+237 •••••••03", help_text="Masked.")
    payout = Id(
        "po",
        source="payout_id",
        allow_null=True,
        example="po_01kasdc3v8hq2n5r7t9w1y4b6d",
        help_text="The payout that pays it; null if none does.",
    )
    reason_code = Text(
        allow_null=True, example=None, help_text="Why it is held or was not paid; null otherwise."
    )
    created_at = Instant(example="2026-11-22T08:00:00.000Z")
    completed_at = Instant(allow_null=True, example="2026-11-22T08:00:09.000Z")


def _source(line: SettlementLine) -> str:
    prefix = SOURCES[TransferKind(line.kind)]
    return encode_id(prefix, line.source_id)


class SettlementLineOutput(Resource):
    id = Id("tr", example="tr_01kasdak2r7s9v1x3z5b7d9f1h", help_text="Of the movement.")
    object = Constant("settlement_line")
    number = Number(example=1, help_text="Its place in the statement, counted from one.")
    kind = Choice(KINDS, example="gross", help_text=MOVEMENT)
    amount = Number(example=1500, help_text="Negative where it was taken off.")
    source = Text(  # type: ignore[assignment]
        source="*",
        convert=_source,
        example="pay_01kasd9y7nfx58m4vqgh3w2z6t",
        help_text="What moved it: a payment, a refund, a payout, an earlier settlement …",
    )
    created_at = Instant(
        source="moved_at",
        example="2026-11-22T07:00:21.000Z",
        help_text="When it moved your balance.",
    )
