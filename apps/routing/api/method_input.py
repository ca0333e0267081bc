"""What a merchant sends to learn how a number can pay."""

from __future__ import annotations

from typing import Any

from apps.core.api.fields import AmountField, CurrencyField
from apps.providers.api.counterparty_input import CounterpartyInput
from apps.routing.services.predict_payment_method import MethodQuestion


class PaymentMethodInput(CounterpartyInput):
    """What is known of a payment before there is one."""

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
