"""What merchants send about disputes: shape and limits, each refusal with its own code."""

from __future__ import annotations

import base64
import binascii
import re
import unicodedata
from typing import Any

from rest_framework import serializers
from rest_framework.exceptions import ValidationError

from apps.core.api.field_words import FILE_NAME
from apps.core.api.fields import (
    DIRECTION_CONTROLS,
    HIDDEN_CATEGORIES,
    AmountField,
    KnownFieldsOnly,
    TextField,
    VisibleTextField,
)
from apps.disputes.models import Reason
from apps.disputes.rules.evidence import FILES_MAX, NAME_LENGTH_MAX, TEXT_LENGTH_MAX
from apps.disputes.services.add_evidence import NewFile
from apps.disputes.services.open_dispute import DisputeOrder


class ReasonField(TextField):
    json_schema = {"type": "string", "enum": Reason.values}

    def to_internal_value(self, data: Any) -> str:
        reason = super().to_internal_value(data)
        if reason not in Reason.values:
            raise ValidationError(f"Send one of {', '.join(Reason.values)}.", code="unknown_reason")
        return reason


class LinesField(TextField):
    """Text that people read, of several lines: every language, nothing hidden."""

    def to_internal_value(self, data: Any) -> str:
        text = re.sub(r"\r\n?|\u2028|\u2029", "\n", super().to_internal_value(data))
        if any(
            (unicodedata.category(letter) in HIDDEN_CATEGORIES and letter not in "\n\t")
            or letter in DIRECTION_CONTROLS
            for letter in text
        ):
            raise ValidationError(
                "Send text without control characters.", code="text_not_printable"
            )
        return text


class Base64Field(TextField):
    json_schema = {"type": "string", "contentEncoding": "base64"}

    def to_internal_value(self, data: Any) -> bytes:  # type: ignore[override]
        try:
            return base64.b64decode(super().to_internal_value(data), validate=True)
        except (binascii.Error, ValueError):
            raise ValidationError("Send the file in base64.", code="not_base64") from None


class DisputeInput(KnownFieldsOnly):
    payment = TextField(max_length=40, help_text="The payment's id.")
    reason = ReasonField(help_text="Why the money is wanted back.")
    amount = AmountField(
        required=False,
        help_text="In the currency's smallest unit. Left out: all that is left of the payment.",
    )
    complaint = LinesField(
        max_length=TEXT_LENGTH_MAX, required=False, help_text="What your customer says."
    )


class EvidenceFileInput(KnownFieldsOnly):
    name = VisibleTextField(max_length=NAME_LENGTH_MAX, help_text=FILE_NAME)
    content = Base64Field(
        help_text="In base64: a JPEG or PNG image or a PDF, of 5 MB at most. Its content counts,"
        " not its name."
    )


RECEIPT = "What was bought, for how much."
DELIVERY_PROOF = "When and to whom it was delivered, and how you know."
CUSTOMER_COMMUNICATION = "What you and your customer wrote."
EXPLANATION = "Why the money is yours."


class EvidenceInput(KnownFieldsOnly):
    receipt = LinesField(max_length=TEXT_LENGTH_MAX, required=False, help_text=RECEIPT)
    delivery_proof = LinesField(
        max_length=TEXT_LENGTH_MAX,
        required=False,
        help_text=DELIVERY_PROOF,
    )
    customer_communication = LinesField(
        max_length=TEXT_LENGTH_MAX, required=False, help_text=CUSTOMER_COMMUNICATION
    )
    explanation = LinesField(max_length=TEXT_LENGTH_MAX, required=False, help_text=EXPLANATION)
    files = serializers.ListField(
        child=EvidenceFileInput(),
        required=False,
        max_length=FILES_MAX,
        help_text="Of 8 MB together with the rest of the request; ten for each dispute.",
    )


def read_dispute_order(data: Any) -> tuple[str, DisputeOrder]:
    """The payment as the merchant names it, and what of it is disputed.

    Raises rest_framework's ValidationError, its codes stable.
    """
    values = _DISPUTE.run_validation(data)
    return values["payment"], DisputeOrder(
        reason=values["reason"],
        amount=values.get("amount"),
        complaint=values.get("complaint", ""),
    )


def read_evidence(data: Any) -> tuple[dict[str, str], list[NewFile]]:
    """The texts by their kind, and the files. Raises rest_framework's ValidationError."""
    values = _EVIDENCE.run_validation(data)
    return values, [NewFile(**one) for one in values.pop("files", [])]


# Made once: a serializer copies its fields each time it is made, which takes longer than using it.
_DISPUTE = DisputeInput()
_EVIDENCE = EvidenceInput()
