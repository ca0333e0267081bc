"""Fields of what merchants send, shared by all resources: each refusal with its own stable code."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

import phonenumbers
from rest_framework import serializers
from rest_framework.exceptions import ErrorDetail, ValidationError

from apps.core.money import AMOUNT_MAX, EXPONENTS

METADATA_KEYS_MAX = 20
METADATA_KEY_LENGTH_MAX = 40
METADATA_VALUE_LENGTH_MAX = 500

# Control characters, line and paragraph separators, private use, halves of surrogate pairs.
HIDDEN_CATEGORIES = frozenset({"Cc", "Zl", "Zp", "Co", "Cs"})
# They turn around what stands behind them, in our pages and the provider's.
DIRECTION_CONTROLS = frozenset("\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069")


class Described:
    """A field that has words of its own for the reference; `help_text` says others."""

    words: str

    def __init__(self, **options: Any) -> None:
        super().__init__(**{"help_text": self.words, **options})


class AmountField(Described, serializers.Field[int, Any, int, Any]):
    """A whole number of minor units. "1500", 1500.0 and true are refused: never guess money."""

    words = "A whole number of the currency's smallest unit: 1500 is 1,500 XAF, or 15.00 EUR."
    json_schema = {"type": "integer", "minimum": 1, "maximum": AMOUNT_MAX}

    def to_internal_value(self, data: Any) -> int:
        if type(data) is not int:
            raise ValidationError(
                "Send a whole number in the currency's minor unit, e.g. 1500 for 1,500 XAF.",
                code="amount_not_integer",
            )
        if data <= 0:
            raise ValidationError("Send an amount above zero.", code="amount_not_positive")
        if data > AMOUNT_MAX:
            raise ValidationError(f"The largest amount is {AMOUNT_MAX}.", code="amount_too_large")
        return data

    def to_representation(self, value: int) -> int:
        return value


class TextField(serializers.CharField):
    """Text only: a number is not silently made a string."""

    def to_internal_value(self, data: Any) -> str:
        if not isinstance(data, str):
            raise ValidationError("Send text.", code="not_text")
        return super().to_internal_value(data)


class DigestField(TextField):
    """The SHA-256 of what was shown, as hexadecimal digits; read as its 32 bytes."""

    json_schema = {"type": "string", "pattern": "^[0-9a-f]{64}$"}

    def to_internal_value(self, data: Any) -> bytes:  # type: ignore[override]
        text = super().to_internal_value(data)
        try:
            digest = bytes.fromhex(text)
        except ValueError:
            digest = b""
        if len(digest) != 32 or text != digest.hex():
            raise ValidationError("Send the digest as it was shown.", code="invalid_digest")
        return digest


class VisibleTextField(TextField):
    """Text that people are shown and providers are sent: every language, nothing hidden."""

    def to_internal_value(self, data: Any) -> str:
        text = self.as_one_line(super().to_internal_value(data))
        if any(
            unicodedata.category(letter) in HIDDEN_CATEGORIES or letter in DIRECTION_CONTROLS
            for letter in text
        ):
            raise ValidationError(
                "Send one line of text without control characters.", code="text_not_printable"
            )
        return text

    def as_one_line(self, text: str) -> str:
        """A line break is for the eye; providers take one line."""
        return re.sub(r"[\t\r\n\u2028\u2029]+", " ", text)


class ReferenceField(Described, VisibleTextField):
    """The merchant's own name for something: compared letter by letter, so never rewritten."""

    words = (
        "Your own name for it, as an order's number. Two may have the same: what must not happen"
        " twice has an `Idempotency-Key`."
    )

    def as_one_line(self, text: str) -> str:
        return text


class FlagField(serializers.Field[bool, Any, bool, Any]):
    """true or false; "true" and 1 are neither."""

    json_schema = {"type": "boolean"}

    def to_internal_value(self, data: Any) -> bool:
        if not isinstance(data, bool):
            raise ValidationError("Send true or false.", code="not_boolean")
        return data

    def to_representation(self, value: bool) -> bool:
        return value


class InstantField(serializers.Field[datetime, Any, datetime, Any]):
    """An ISO 8601 instant with its zone."""

    json_schema = {"type": "string", "format": "date-time"}

    def to_internal_value(self, data: Any) -> datetime:
        try:
            moment = datetime.fromisoformat(data) if isinstance(data, str) else None
            if moment is not None and moment.tzinfo is not None:
                return moment.astimezone(UTC)
        except (ValueError, OverflowError):
            pass
        raise ValidationError(
            "Send an instant with its zone, such as 2026-11-22T08:00:00Z.", code="invalid_instant"
        )


class WholeNumberField(serializers.Field[int, Any, int, Any]):
    """A whole number within limits; "7", 7.0 and true are refused."""

    def __init__(self, least: int, most: int, *, code: str, **options: Any) -> None:
        super().__init__(**options)
        self.least, self.most, self.code = least, most, code
        self.json_schema = {"type": "integer", "minimum": least, "maximum": most}

    def to_internal_value(self, data: Any) -> int:
        if type(data) is not int or not self.least <= data <= self.most:
            raise ValidationError(
                f"Send a whole number from {self.least} to {self.most}.", code=self.code
            )
        return data


class CurrencyField(Described, TextField):
    words = "That of the country of the number: XAF in Cameroon, XOF in Côte d'Ivoire."
    json_schema = {"type": "string", "enum": sorted(EXPONENTS)}

    def to_internal_value(self, data: Any) -> str:
        currency = super().to_internal_value(data)
        if currency not in EXPONENTS:
            raise ValidationError(
                f"Send one of {', '.join(sorted(EXPONENTS))}.", code="unknown_currency"
            )
        return currency


class CountryField(Described, TextField):
    words = "Of a number that is written without its country code; left out: your own country."
    json_schema = {"type": "string", "pattern": "^[A-Z]{2}$"}

    def to_internal_value(self, data: Any) -> str:
        country = super().to_internal_value(data)
        if country not in phonenumbers.SUPPORTED_REGIONS:
            raise ValidationError(
                "Send a country's two capital letters (ISO 3166), e.g. CM.",
                code="unknown_country",
            )
        return country


class MetadataField(Described, serializers.Field[dict[str, str], Any, dict[str, str], Any]):
    """Up to 20 texts by name, for the merchant's own use."""

    words = (
        f"Texts of your own by name, {METADATA_KEYS_MAX} at most, kept and answered as they are."
    )
    json_schema = {
        "type": "object",
        "maxProperties": METADATA_KEYS_MAX,
        "propertyNames": {"maxLength": METADATA_KEY_LENGTH_MAX},
        "additionalProperties": {"type": "string", "maxLength": METADATA_VALUE_LENGTH_MAX},
    }

    def to_internal_value(self, data: Any) -> dict[str, str]:
        if not isinstance(data, dict):
            raise ValidationError("Send an object of texts.", code="metadata_not_object")
        if len(data) > METADATA_KEYS_MAX:
            raise ValidationError(
                f"Send at most {METADATA_KEYS_MAX} entries.", code="metadata_too_large"
            )
        for key, value in data.items():
            if not isinstance(value, str):
                raise ValidationError(
                    f"The value of {key[:METADATA_KEY_LENGTH_MAX]!r} is not text.",
                    code="metadata_not_text",
                )
            if len(key) > METADATA_KEY_LENGTH_MAX or len(value) > METADATA_VALUE_LENGTH_MAX:
                raise ValidationError(
                    f"Keys have at most {METADATA_KEY_LENGTH_MAX} characters, "
                    f"values {METADATA_VALUE_LENGTH_MAX}.",
                    code="metadata_too_large",
                )
        return data

    def to_representation(self, value: dict[str, str]) -> dict[str, str]:
        return value


class KnownFieldsOnly(serializers.Serializer[Any]):
    """Refuses what it does not know: a misspelt field must not be dropped in silence."""

    def to_internal_value(self, data: Any) -> Any:
        if not isinstance(data, Mapping):
            raise ValidationError({"non_field_errors": [ErrorDetail("Send an object.", "invalid")]})
        unknown = sorted(set(data) - set(self.fields))
        if unknown:
            known = ", ".join(self.fields)
            raise ValidationError(
                {
                    name[:60]: [
                        ErrorDetail(f"Unknown field. Known here: {known}.", "unknown_field")
                    ]
                    for name in unknown[:10]
                }
            )
        return super().to_internal_value(data)


class NoInput(KnownFieldsOnly):
    """An empty object, or no body at all."""


def refuse_any_field(data: Any) -> None:
    NoInput().run_validation(data)
