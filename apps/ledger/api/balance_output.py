"""The balance and what moved it, as merchants see them."""

from __future__ import annotations

from apps.core.api.resource import Choice, Constant, Flag, Id, Instant, Number, Resource, Text
from apps.core.money import EXPONENTS
from apps.core.public_ids import encode_id
from apps.ledger.rules.postings import MOVEMENT, SOURCES, TransferKind
from apps.ledger.selectors.list_movements import KINDS, SIDES, Movement

# As in the examples of payments, which this app may not know.
PAYMENT_ID = "pay_01kasd9y7nfx58m4vqgh3w2z6t"


def _source(movement: Movement) -> str:
    return encode_id(SOURCES[TransferKind(movement.kind)], movement.source_id)


def _payment(movement: Movement) -> str | None:
    source = _source(movement)
    return source if source.startswith("pay_") else None


class MoneyOutput(Resource):
    amount = Number(example=1470, help_text="In the currency's smallest unit.")
    currency = Choice(sorted(EXPONENTS), example="XAF")


class PendingDateOutput(Resource):
    available_at = Instant(
        example="2026-11-23T23:00:00.000Z", help_text="When it becomes available."
    )
    amount = Number(example=980, help_text="In the currency's smallest unit.")


class PendingOutput(Resource):
    amount = Number(example=980, help_text="In the currency's smallest unit.")
    currency = Choice(sorted(EXPONENTS), example="XAF")
    dates = PendingDateOutput(
        many=True,
        help_text="When how much of it becomes available, the earliest first; the next ten dates.",
    )


class BalanceOutput(Resource):
    object = Constant("balance")
    livemode = Flag(is_given=True, example=False)
    available = MoneyOutput(
        many=True,
        is_given=True,
        help_text="One amount for each currency ever received. Negative when a refund or payout"
        " that failed was sent after all, more is disputed than you had, or the books were put"
        " right: what comes in next makes up for it.",
    )
    held = MoneyOutput(
        many=True,
        is_given=True,
        help_text="What is set aside: for refunds, payouts and batches of them on their way, with"
        " their fees, and for open disputes.",
    )
    pending = PendingOutput(
        many=True,
        is_given=True,
        help_text="What was paid and becomes available later, less fees, taxes and reserve. Empty"
        " where all is available at once.",
    )
    reserved = PendingOutput(
        many=True,
        is_given=True,
        help_text="What of your payments we keep for a time, as we agreed, and until when. Empty"
        " where nothing is.",
    )


class TransferOutput(Resource):
    id = Id("tr", example="tr_01kasdak2r7s9v1x3z5b7d9f1h")
    object = Constant("transfer")
    livemode = Flag(is_given=True, example=False)
    kind = Choice(KINDS, example="gross", help_text=MOVEMENT)
    direction = Choice(sorted(SIDES), example="in", help_text="Into your balance, or out of it.")
    amount = Number(example=1500, help_text="In the currency's smallest unit; never negative.")
    currency = Choice(sorted(EXPONENTS), example="XAF")
    payment = Text(
        source="*",
        convert=_payment,
        allow_null=True,
        example=PAYMENT_ID,
        help_text="The payment it books; null if it books something else.",
    )
    source = Text(  # type: ignore[assignment]
        source="*",
        convert=_source,
        example=PAYMENT_ID,
        help_text="What it books: a payment, a refund, a payout, a batch of payouts, a dispute, a"
        " release of what was pending or in reserve, a settlement or a correction of ours.",
    )
    created_at = Instant(example="2026-11-22T08:00:21.000Z", help_text="When it was booked.")
