"""Lines of a batch as merchants see them."""

from __future__ import annotations

from typing import Any

from apps.core.api.resource import Choice, Constant, Id, Json, Number, Resource, Text
from apps.payout_batches.models import LineStatus
from apps.payout_batches.rules.sentences import (
    FAILURES,
    PROBLEMS,
    WARNINGS,
    sentences,
    shown_values,
)
from apps.payouts.rules.representation import PayeeOutput

MESSAGE = {
    "type": "object",
    "properties": {"en": {"type": "string"}, "fr": {"type": "string"}},
    "required": ["en", "fr"],
}


def findings_schema(codes: list[str]) -> dict[str, Any]:
    """A list of what was found, of these codes."""
    return {
        "type": "array",
        "items": {
            "type": "object",
            "properties": {
                "code": {"type": "string", "enum": codes},
                "column": {"type": "string"},
                "values": {"type": "object"},
                "message": MESSAGE,
            },
            "required": ["code", "column", "values", "message"],
        },
    }


def findings(found: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """As they lie in a row, with their sentences."""
    return [
        {
            "code": one["code"],
            "column": one.get("column", ""),
            "values": shown_values(one["code"], one["values"]),
            "message": sentences(one["code"], one["values"]),
        }
        for one in found
    ]


class PayoutBatchLineOutput(Resource):
    """No query: everything is in the row."""

    id = Id("pobl", source="pk", example="pobl_01kasdc6b2ks4q7t9w1y3a6d8f")
    object = Constant("payout_batch_line")
    number = Number(
        example=4, help_text="As in the file, where a spreadsheet counts the heading too."
    )
    status = Choice(LineStatus.values, example="invalid")
    amount = Number(
        allow_null=True,
        example=None,
        help_text="In the currency's smallest unit; null if it cannot be read.",
    )
    country = Text(allow_null=True, example="CM", help_text="ISO 3166, of the number.")
    operator = Text(allow_null=True, example="mtn")
    payee = PayeeOutput(source="*")
    reference = Text(source="merchant_reference", example="wages-7", help_text="Your own.")
    description = Text(example="Wages of November")
    problems = Json(
        findings_schema(sorted(PROBLEMS)),
        convert=findings,
        example=findings(
            [{"code": "amount_ambiguous", "column": "amount", "values": {"cell": "B4"}}]
        ),
        help_text="What must be corrected before it can be paid.",
    )
    warnings = Json(
        findings_schema(sorted(WARNINGS)),
        convert=findings,
        example=[],
        help_text="What is odd and may be meant.",
    )
    payout = Id("po", source="payout_id", allow_null=True, example=None)
    failure_code = Text(allow_null=True, example=None)


class RailTotalOutput(Resource):
    """What a batch sends to the wallets of one operator in one country."""

    country = Text(example="CM")
    operator = Text(example="mtn")
    count = Number(example=10)
    amount = Number(example=10000, help_text="In the currency's smallest unit.")


class FailureOutput(Resource):
    """Why a file could not be read."""

    code = Choice(sorted(FAILURES), example="columns_missing")
    values = Json({"type": "object"}, example={"columns": "phone, amount"})
    message = Json(MESSAGE, example=sentences("columns_missing", {}))


class BatchReportOutput(Resource):
    """What was found in the list of a batch beside its lines."""

    object = Constant("payout_batch_report")
    batch = Id("pob", source="pk", example="pob_01kasdc5x0ks4q7t9w1y3a6d8f")
    failure = FailureOutput(
        is_given=True, allow_null=True, example=None, help_text="Why its file could not be read."
    )
    warnings = Json(findings_schema(sorted(WARNINGS)), convert=findings, example=[])
    rails = RailTotalOutput(
        many=True, is_given=True, help_text="What is to be sent, by country and operator."
    )
