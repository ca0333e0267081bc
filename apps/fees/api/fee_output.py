"""A line of its fee plan as a merchant reads it."""

from __future__ import annotations

from decimal import Decimal

from apps.core.api.field_words import WORDS
from apps.core.api.resource import Choice, Constant, Id, Number, Resource, Text
from apps.core.money import EXPONENTS
from apps.fees.models import FeeOperation, FeeReturn, Rounding

ANY = " Null: of any."


def _or_null(value: str) -> str | None:
    return value or None


def _share(basis_points: Decimal) -> str:
    return f"{(Decimal(basis_points) / 100).normalize():f}"


class FeeOutput(Resource):
    id = Id("fln", source="line_id", example="fln_01kasd8x2m4p6r8t0v2y4z6b8d")
    object = Constant("fee")
    operation = Choice(FeeOperation.values, example="collect")
    provider = Text(
        convert=_or_null, allow_null=True, example=None, help_text=WORDS["provider"] + ANY
    )
    operator = Text(
        convert=_or_null, allow_null=True, example="mtn", help_text=WORDS["operator"] + ANY
    )
    method = Text(convert=_or_null, allow_null=True, example=None, help_text=WORDS["method"] + ANY)
    country = Text(
        convert=_or_null, allow_null=True, example="CM", help_text=WORDS["country"] + ANY
    )
    currency = Choice(
        sorted(EXPONENTS),
        convert=_or_null,
        allow_null=True,
        example=None,
        help_text=WORDS["currency"] + ANY,
    )
    amount_from = Number(
        example=0, help_text="The line is for amounts from here to where the next one begins."
    )
    percent = Text(
        source="basis_points", convert=_share, example="1.75", help_text="Of the amount."
    )
    fixed = Number(example=25, help_text="Added to it.")
    fee_min = Number(example=0, help_text="The fee is never less.")
    fee_max = Number(allow_null=True, example=None, help_text="And never more; null: no limit.")
    tax_percent = Text(
        source="tax_basis_points", convert=_share, example="19.25", help_text="Of the fee."
    )
    rounding = Choice(
        Rounding.values, example="half_up", help_text="To whole units, of the fee and of its tax."
    )
    fee_return = Choice(
        FeeReturn.values,
        example="none",
        help_text="What refunds give back of a fee by this line and of the tax on it."
        " proportional: the same share as of the amount, rounded down over all refunds of a"
        " payment. full: all of it, once all of the payment is refunded.",
    )
    amounts_in = Choice(
        sorted(EXPONENTS),
        source="said_in",
        example="XAF",
        help_text="What the amounts of this line are in, in its smallest unit; for another"
        " currency they are converted at the fixed parity.",
    )
