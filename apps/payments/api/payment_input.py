"""What a merchant sends to create a payment: shape and limits, each refusal with its own code."""

from __future__ import annotations

from typing import Any

from rest_framework import serializers

from apps.core.api_fields import (
    AmountField,
    CountryField,
    CurrencyField,
    KnownFieldsOnly,
    MetadataField,
    TextField,
    WebAddressField,
)
from apps.core.money import Money
from apps.payments.services.create_payment import PaymentRequest
from apps.payments.services.predict_payment_method import MethodQuestion

OPERATORS = ("mtn", "orange", "moov", "airtel", "wave")


class RailPayerInput(KnownFieldsOnly):
    phone = TextField(max_length=40)
    country = CountryField(required=False)


class PayerInput(RailPayerInput):
    operator = serializers.ChoiceField(
        choices=OPERATORS,
        required=False,
        error_messages={"invalid_choice": f"Send one of {', '.join(OPERATORS)}."},
    )


class PaymentInput(KnownFieldsOnly):
    amount = AmountField()
    currency = CurrencyField()
    payer: RailPayerInput = PayerInput()
    reference = TextField(max_length=64, required=False, allow_blank=True)
    description = TextField(max_length=140, required=False, allow_blank=True)
    metadata = MetadataField(required=False)
    return_url = WebAddressField(max_length=500, required=False)
    cancel_url = WebAddressField(max_length=500, required=False)


class RailPaymentInput(PaymentInput):
    """A payment asked for at the address of one operator, which needs no naming."""

    payer = RailPayerInput()


class PaymentMethodInput(KnownFieldsOnly):
    """What is known of a payment before there is one."""

    phone = TextField(max_length=40)
    country = CountryField(required=False)
    operator = serializers.ChoiceField(
        choices=OPERATORS,
        required=False,
        error_messages={"invalid_choice": f"Send one of {', '.join(OPERATORS)}."},
    )
    amount = AmountField(required=False)
    currency = CurrencyField(required=False)


class NoInput(KnownFieldsOnly):
    """An empty object, or no body at all."""


def read_payment_request(data: Any) -> PaymentRequest:
    """Raises rest_framework's ValidationError, its codes stable."""
    return _request(_SHAPE.run_validation(data))


def read_rail_payment_request(data: Any, *, operator: str) -> PaymentRequest:
    """As read_payment_request, at the address of one operator."""
    return _request(_RAIL_SHAPE.run_validation(data), only_operator=operator)


def read_method_question(data: Any) -> MethodQuestion:
    values = PaymentMethodInput().run_validation(data)
    return MethodQuestion(
        phone=values["phone"],
        country=values.get("country", ""),
        operator=values.get("operator", ""),
        amount=values.get("amount"),
        currency=values.get("currency", ""),
    )


def refuse_any_field(data: Any) -> None:
    NoInput().run_validation(data)


def _request(values: dict[str, Any], *, only_operator: str = "") -> PaymentRequest:
    payer = values["payer"]
    return PaymentRequest(
        money=Money(values["amount"], values["currency"]),
        phone=payer["phone"],
        country=payer.get("country", ""),
        operator=payer.get("operator", ""),
        only_operator=only_operator,
        merchant_reference=values.get("reference", ""),
        description=values.get("description", ""),
        metadata=values.get("metadata", {}),
        return_url=values.get("return_url", ""),
        cancel_url=values.get("cancel_url", ""),
    )


# Made once: a serializer copies its fields each time it is made, which takes longer than using it.
_SHAPE = PaymentInput()
_RAIL_SHAPE = RailPaymentInput()
