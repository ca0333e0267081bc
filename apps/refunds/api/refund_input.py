"""What a merchant sends to refund a payment: shape and limits, each refusal with its own code."""

from __future__ import annotations

from typing import Any

from apps.core.api.fields import (
    AmountField,
    CurrencyField,
    KnownFieldsOnly,
    MetadataField,
    ReferenceField,
    TextField,
    VisibleTextField,
)
from apps.refunds.services.create_refund import RefundOrder

ALL_THAT_IS_LEFT = "In the currency's smallest unit. Left out: all that is left."


class RefundInput(KnownFieldsOnly):
    payment = TextField(max_length=40, help_text="The payment's id.")
    amount = AmountField(required=False, help_text=ALL_THAT_IS_LEFT)
    currency = CurrencyField(required=False, help_text="The payment's own, if you say it.")
    reason = VisibleTextField(
        max_length=140,
        required=False,
        allow_blank=True,
        help_text="For yourself alone.",
    )
    metadata = MetadataField(required=False)


class RailRefundInput(RefundInput):
    """A refund asked for at the address of one operator."""

    payment = ReferenceField(
        max_length=64, help_text="Its id, or your reference: the newest payment with it."
    )


def read_refund_order(data: Any) -> tuple[str, RefundOrder]:
    """The payment as the merchant names it, and what of it to give back.

    Raises rest_framework's ValidationError, its codes stable.
    """
    return _order(_SHAPE.run_validation(data))


def read_rail_refund_order(data: Any) -> tuple[str, RefundOrder]:
    """As read_refund_order, at the address of one operator."""
    return _order(_RAIL_SHAPE.run_validation(data))


def _order(values: dict[str, Any]) -> tuple[str, RefundOrder]:
    return values["payment"], RefundOrder(
        amount=values.get("amount"),
        currency=values.get("currency", ""),
        reason=values.get("reason", ""),
        metadata=values.get("metadata", {}),
    )


# Made once: a serializer copies its fields each time it is made, which takes longer than using it.
_SHAPE = RefundInput()
_RAIL_SHAPE = RailRefundInput()
