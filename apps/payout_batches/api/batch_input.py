"""What a merchant sends for a batch: shape and limits, each refusal with its own code. Whether a
line is payable is found out later, and said line by line."""

from __future__ import annotations

import base64
import binascii
import hashlib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from django.core.files.uploadedfile import UploadedFile
from rest_framework import serializers
from rest_framework.exceptions import ErrorDetail, ValidationError

from apps.core.api.fields import (
    AmountField,
    CountryField,
    CurrencyField,
    KnownFieldsOnly,
    ReferenceField,
    TextField,
    VisibleTextField,
)
from apps.core.json_format import dump
from apps.core.tables.cells import Cell, MinorUnits
from apps.payout_batches.models import PayoutBatch
from apps.payout_batches.rules.read_line import FIELDS
from apps.providers.api.counterparty_input import OPERATOR_WORDS
from apps.providers.rules.phone_numbers import OPERATOR_CODES, TEXT_LENGTH_MAX

LINES_MAX = 60_000
TEXT = {"type": "string", "maxLength": 1000}


AMOUNT = AmountField.json_schema
LINE_WORDS = {
    "phone": "The payee's, in any writing.",
    "amount": "In the currency's smallest unit.",
    "name": "The payee's. Where the provider knows the wallet's holder, both are compared.",
    "reference": ReferenceField.words,
    "description": "What it is for.",
    "country": CountryField.words,
    "operator": OPERATOR_WORDS,
}


class LinesField(serializers.Field[list[dict[str, Any]], Any, Any, Any]):
    """Objects with the fields of a line. What their values are worth is judged line by line."""

    json_schema = {
        "type": "array",
        "minItems": 1,
        "maxItems": LINES_MAX,
        "items": {
            "type": "object",
            "properties": {
                name: {**(AMOUNT if name == "amount" else TEXT), "description": LINE_WORDS[name]}
                for name in FIELDS
            },
            "required": ["phone", "amount"],
            "additionalProperties": False,
        },
    }

    def to_internal_value(self, data: Any) -> list[dict[str, Any]]:
        if not isinstance(data, list) or not data:
            raise ValidationError("Send a list of lines.", code="lines_missing")
        if len(data) > LINES_MAX:
            raise ValidationError(f"Send at most {LINES_MAX} lines.", code="too_many_lines")
        for index, line in enumerate(data):
            if not isinstance(line, Mapping):
                raise ValidationError(f"Line {index} is no object.", code="line_not_object")
            if unknown := sorted(set(line) - set(FIELDS)):
                raise ValidationError(
                    f"Line {index} has {unknown[0][:60]!r}. Known here: {', '.join(FIELDS)}.",
                    code="unknown_field",
                )
            if any(isinstance(value, Mapping | list) for value in line.values()):
                raise ValidationError(
                    f"Line {index} holds an object or a list.", code="line_not_flat"
                )
        return data

    def to_representation(self, value: list[dict[str, Any]]) -> list[dict[str, Any]]:
        return value


class ContentField(TextField):
    json_schema = {"type": "string", "contentEncoding": "base64"}

    def to_internal_value(self, data: Any) -> bytes:  # type: ignore[override]
        try:
            return base64.b64decode(super().to_internal_value(data), validate=True)
        except (binascii.Error, ValueError):
            raise ValidationError("Send the file in base64.", code="not_base64") from None


DESCRIPTION = "What the batch is for. Whoever approves it reads this."


class BatchFileInput(KnownFieldsOnly):
    name = VisibleTextField(max_length=140, help_text="The file's name, for people.")
    content = ContentField(
        help_text="In base64: CSV, XLSX, ODS or pain.001.001.03 or .09. Its content counts, not its"
        " name."
    )


class UploadField(serializers.Field[Any, Any, Any, Any]):
    json_schema = {"type": "string", "contentMediaType": "application/octet-stream"}

    def to_internal_value(self, data: Any) -> Any:
        if not isinstance(data, UploadedFile):
            raise ValidationError("Send a file, with its name.", code="not_a_file")
        return data

    def to_representation(self, value: Any) -> Any:
        return value


class PayoutBatchInput(KnownFieldsOnly):
    currency = CurrencyField(
        required=False, help_text="Of every line. Left out: your account's own."
    )
    reference = ReferenceField(max_length=64, required=False, allow_blank=True)
    description = VisibleTextField(
        max_length=140, required=False, allow_blank=True, help_text=DESCRIPTION
    )
    lines = LinesField(
        required=False,
        help_text="Amounts in the currency's smallest unit. All of a request has 8 MB at most: send"
        " longer lists as a form with a file.",
    )
    file = BatchFileInput(required=False, help_text="In place of lines.")


class PayoutBatchFormInput(KnownFieldsOnly):
    currency = CurrencyField(
        required=False, help_text="Of every line. Left out: your account's own."
    )
    reference = ReferenceField(max_length=64, required=False, allow_blank=True)
    description = VisibleTextField(
        max_length=140, required=False, allow_blank=True, help_text=DESCRIPTION
    )
    file = UploadField(
        help_text="As it is: CSV, XLSX, ODS or pain.001.001.03 or .09, of 64 MB at most."
    )


class LineInput(KnownFieldsOnly):
    """What is put in place of what a line has; the rest stays."""

    phone = TextField(max_length=TEXT_LENGTH_MAX, required=False, help_text=LINE_WORDS["phone"])
    amount = AmountField(required=False, help_text=LINE_WORDS["amount"])
    name = VisibleTextField(
        max_length=140,
        required=False,
        allow_blank=True,
        help_text=LINE_WORDS["name"],
    )
    reference = ReferenceField(max_length=64, required=False, allow_blank=True)
    description = VisibleTextField(
        max_length=140, required=False, allow_blank=True, help_text=LINE_WORDS["description"]
    )
    country = CountryField(required=False)
    operator = serializers.ChoiceField(OPERATOR_CODES, required=False, help_text=OPERATOR_WORDS)


@dataclass(frozen=True, slots=True)
class SentBatch:
    """A list of payees as it was sent. `currency` is "" where it was not said; `asked` is what an
    Idempotency-Key stands for."""

    content: Iterable[bytes]
    asked: Mapping[str, Any]
    source: str
    currency: str = ""
    reference: str = ""
    description: str = ""
    file_name: str = ""


def read_batch(data: Any, *, is_form: bool) -> SentBatch:
    """Raises rest_framework's ValidationError, its codes stable."""
    if is_form:
        return _read_form(data)
    values = _BATCH.run_validation(data)
    if ("lines" in values) == ("file" in values):
        raise ValidationError(
            {"lines": [ErrorDetail("Send either lines or a file.", "lines_or_file")]}
        )
    said = {name: values.get(name, "") for name in ("currency", "reference", "description")}
    if "file" in values:
        file = values["file"]
        return SentBatch(
            [file["content"]], data, PayoutBatch.Source.FILE, file_name=file["name"], **said
        )
    content = b"".join(dump(line) + b"\n" for line in values["lines"])
    return SentBatch([content], data, PayoutBatch.Source.API, **said)


def _read_form(data: Any) -> SentBatch:
    values = _FORM.run_validation(data)
    file = values.pop("file")
    # The same rules as of a file in base64.
    try:
        name = _NAME.run_validation(file.name)
    except ValidationError as refusal:
        raise ValidationError({"file": refusal.detail}) from None
    digest = hashlib.sha256()
    for block in file.chunks():
        digest.update(block)
    return SentBatch(
        file.chunks(),
        {**values, "file": {"name": name, "sha256": digest.hexdigest()}},
        PayoutBatch.Source.FILE,
        file_name=name,
        **values,
    )


def read_correction(data: Any) -> dict[str, Cell]:
    """The cells to put in place. Raises rest_framework's ValidationError, its codes stable."""
    cells: dict[str, Cell] = dict(_LINE.run_validation(data))
    if "amount" in cells:
        cells["amount"] = MinorUnits(cells["amount"])  # type: ignore[arg-type]
    return cells


# Made once: a serializer copies its fields each time it is made, which takes longer than using it.
_BATCH = PayoutBatchInput()
_FORM = PayoutBatchFormInput()
_NAME = VisibleTextField(max_length=140)
_LINE = LineInput()
