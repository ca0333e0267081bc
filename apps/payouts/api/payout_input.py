"""What a merchant sends to create a payout: shape and limits, each refusal with its own code."""

from __future__ import annotations

from typing import Any

from apps.core.api.fields import (
    AmountField,
    CurrencyField,
    KnownFieldsOnly,
    MetadataField,
    ReferenceField,
    VisibleTextField,
)
from apps.core.money import Money
from apps.payouts.services.create_payout import PayoutRequest
from apps.providers.api.counterparty_input import CounterpartyInput, RailCounterpartyInput

PAYEE = "Whose wallet gets the money."
DESCRIPTION = "What it is for. The payee reads the beginning of it where the provider shows one."


class RailPayeeInput(RailCounterpartyInput):
    pass


class PayeeInput(CounterpartyInput):
    pass


class PayoutInput(KnownFieldsOnly):
    amount = AmountField()
    currency = CurrencyField()
    payee: RailCounterpartyInput = PayeeInput(help_text=PAYEE)
    reference = ReferenceField(max_length=64, required=False, allow_blank=True)
    description = VisibleTextField(
        max_length=140, required=False, allow_blank=True, help_text=DESCRIPTION
    )
    metadata = MetadataField(required=False)


class RailPayoutInput(PayoutInput):
    """A payout asked for at the address of one operator, which needs no naming."""

    payee = RailPayeeInput(help_text=PAYEE)


def read_payout_request(data: Any) -> PayoutRequest:
    """Raises rest_framework's ValidationError, its codes stable."""
    return _request(_SHAPE.run_validation(data))


def read_rail_payout_request(data: Any, *, operator: str) -> PayoutRequest:
    """As read_payout_request, at the address of one operator."""
    return _request(_RAIL_SHAPE.run_validation(data), only_operator=operator)


def _request(values: dict[str, Any], *, only_operator: str = "") -> PayoutRequest:
    payee = values["payee"]
    return PayoutRequest(
        money=Money(values["amount"], values["currency"]),
        phone=payee["phone"],
        country=payee.get("country", ""),
        operator=payee.get("operator", ""),
        only_operator=only_operator,
        merchant_reference=values.get("reference", ""),
        description=values.get("description", ""),
        metadata=values.get("metadata", {}),
    )


# Made once: a serializer copies its fields each time it is made, which takes longer than using it.
_SHAPE = PayoutInput()
_RAIL_SHAPE = RailPayoutInput()
