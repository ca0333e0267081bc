"""What a merchant sends to learn how a number can pay."""

from __future__ import annotations

from typing import Any

from rest_framework import serializers

from apps.core.api.fields import (
    AmountField,
    CountryField,
    CurrencyField,
    KnownFieldsOnly,
    TextField,
)
from apps.providers.rules.phone_numbers import OPERATOR_CODES
from apps.routing.services.predict_payment_method import MethodQuestion


class PaymentMethodInput(KnownFieldsOnly):
    """What is known of a payment before there is one."""

    phone = TextField(max_length=40)
    country = CountryField(required=False)
    operator = serializers.ChoiceField(
        choices=OPERATOR_CODES,
        required=False,
        error_messages={"invalid_choice": f"Send one of {', '.join(OPERATOR_CODES)}."},
    )
    amount = AmountField(required=False)
    currency = CurrencyField(required=False)


def read_method_question(data: Any) -> MethodQuestion:
    values = PaymentMethodInput().run_validation(data)
    return MethodQuestion(
        phone=values["phone"],
        country=values.get("country", ""),
        operator=values.get("operator", ""),
        amount=values.get("amount"),
        currency=values.get("currency", ""),
    )
