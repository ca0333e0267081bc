"""What a merchant sends to create a payment: shape and limits, each refusal with its own code."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from rest_framework.exceptions import ErrorDetail, ValidationError

from apps.core.api.fields import (
    AmountField,
    CurrencyField,
    FlagField,
    KnownFieldsOnly,
    MetadataField,
    ReferenceField,
    TextField,
    VisibleTextField,
)
from apps.core.money import Money
from apps.payments.rules.payment_request import PaymentRequest
from apps.providers.api.counterparty_input import CounterpartyInput, RailCounterpartyInput
from apps.providers.kit.web_address import ascii_url

URL_LENGTH_MAX = 500
WAY_BACK = (
    "Where the payer's browser goes afterwards; other letters than ASCII are kept encoded, and then"
    " it has 500 characters at most."
)


PAYER = "Whose wallet is asked."
CHECKOUT = (
    "true: the payer says on our page which number pays. Send her to `next_action.url`; `payer`"
    " then has no `phone`."
)
DESCRIPTION = "What it is for. The payer reads the beginning of it where the provider shows one."


class WebAddressField(TextField):
    """Kept as every rail takes it: the name in punycode, the rest percent-encoded."""

    json_schema = {"type": "string", "format": "uri", "pattern": "^https?://[^ ]+$"}

    def to_internal_value(self, data: Any) -> str:
        url = super().to_internal_value(data)
        if len(url) > URL_LENGTH_MAX:
            return url  # The field's own limit refuses it.
        # Encoded, what nobody sees would lead to another page than the one that is read.
        if not url.isprintable():
            raise ValidationError("It has a character that nobody sees.", code="invalid_url")
        try:
            return ascii_url(url)
        except ValueError as error:
            raise ValidationError(
                f"Send a full address: https://… {error}", "invalid_url"
            ) from None


class RailPayerInput(RailCounterpartyInput):
    pass


class PayerInput(CounterpartyInput):
    phone = TextField(
        max_length=40,
        required=False,
        help_text="In any writing, as `+237 677 00 00 01`. Left out with `checkout` alone.",
    )


class PaymentInput(KnownFieldsOnly):
    amount = AmountField()
    currency = CurrencyField()
    payer: RailCounterpartyInput = PayerInput(
        required=False, help_text=f"{PAYER} With `checkout` it may be left out."
    )
    checkout = FlagField(required=False, help_text=CHECKOUT)
    reference = ReferenceField(max_length=64, required=False, allow_blank=True)
    description = VisibleTextField(
        max_length=140, required=False, allow_blank=True, help_text=DESCRIPTION
    )
    metadata = MetadataField(required=False)
    return_url = WebAddressField(max_length=URL_LENGTH_MAX, required=False, help_text=WAY_BACK)
    cancel_url = WebAddressField(max_length=URL_LENGTH_MAX, required=False, help_text=WAY_BACK)


class NumberedPaymentInput(PaymentInput):
    """Without `checkout`: a number that is missing is told with all else that is wrong."""

    payer = CounterpartyInput(help_text=PAYER)


class RailPaymentInput(PaymentInput):
    """A payment asked for at the address of one operator, which needs no naming."""

    payer = RailPayerInput(help_text=PAYER)
    checkout = None  # type: ignore[assignment]


def read_payment_request(data: Any) -> PaymentRequest:
    """Raises rest_framework's ValidationError, its codes stable."""
    is_numbered = isinstance(data, Mapping) and data.get("checkout", False) is False
    shape = _NUMBERED_SHAPE if is_numbered else _SHAPE
    return _request(shape.run_validation(data))


def read_rail_payment_request(data: Any, *, operator: str) -> PaymentRequest:
    """As read_payment_request, at the address of one operator."""
    return _request(_RAIL_SHAPE.run_validation(data), only_operator=operator)


def _request(values: dict[str, Any], *, only_operator: str = "") -> PaymentRequest:
    payer = values.get("payer", {})
    is_checkout = values.get("checkout", False)
    if is_checkout and "phone" in payer:
        raise ValidationError(
            {"payer": {"phone": [ErrorDetail("With checkout, the payer types it.", "not_taken")]}}
        )
    return PaymentRequest(
        money=Money(values["amount"], values["currency"]),
        phone=payer.get("phone", ""),
        is_checkout=is_checkout,
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
_NUMBERED_SHAPE = NumberedPaymentInput()
_RAIL_SHAPE = RailPaymentInput()
