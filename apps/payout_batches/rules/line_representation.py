"""Lines of a batch as merchants see them."""

from __future__ import annotations

from typing import Any

from apps.core.api.field_words import WORDS
from apps.core.api.resource import Choice, Constant, Id, Json, Number, Resource, Text
from apps.payout_batches.models import LineStatus, NameCheck, NameResult, PayoutBatchLine
from apps.payout_batches.rules.funds import FUNDS
from apps.payout_batches.rules.name_digest import name_digest
from apps.payout_batches.rules.sentences import (
    FAILURES,
    PROBLEMS,
    WARNINGS,
    sentences,
    shown_values,
)
from apps.payouts.rules.representation import PayeeOutput

VALUES = "What the sentence speaks of, by name."
SENTENCE = "The same as a sentence, for people."
MESSAGE = {
    "type": "object",
    "properties": {
        language: {"type": "string", "description": WORDS[language]} for language in ("en", "fr")
    },
    "required": ["en", "fr"],
}


def findings_schema(codes: list[str]) -> dict[str, Any]:
    """A list of what was found, of these codes."""
    return {
        "type": "array",
        "items": {
            "type": "object",
            "properties": {
                "code": {
                    "type": "string",
                    "enum": codes,
                    "description": "What was found, for a program.",
                },
                "column": {
                    "type": "string",
                    "description": "Which column it is in; empty if in none.",
                },
                "values": {"type": "object", "description": VALUES},
                "message": MESSAGE | {"description": SENTENCE},
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


NAME_CHECK: dict[str, Any] = {
    "type": ["object", "null"],
    "properties": {
        "result": {
            "type": "string",
            "enum": NameResult.values,
            "description": "waiting: being checked. match, close: the names agree, or nearly."
            " different: another person's. no_account: the rail has no wallet of this number that"
            " receives. not_checked: the rail did not say.",
        },
        "score": {
            "type": ["integer", "null"],
            "description": "How well they agree; null where nothing was compared.",
        },
        "name": {
            "type": "string",
            "description": "The initials of the name that the rail has; empty where there is none.",
        },
        "confirmed": {
            "type": "boolean",
            "description": "Whether somebody confirmed the payee all the same.",
        },
        "digest": {
            "type": ["string", "null"],
            "pattern": "^[0-9a-f]{64}$",
            "description": "Send it to confirm the payee; null unless the result is different.",
        },
    },
    "required": ["result", "score", "name", "confirmed", "digest"],
}


def name_check_of(line: PayoutBatchLine) -> NameCheck | None:
    """No query if the line was read with it. None: no rail was asked."""
    found: NameCheck | None = getattr(line, "name_check", None)
    return found


def name_check_as_json(line: PayoutBatchLine) -> dict[str, Any] | None:
    """What the rail says of the payee of a line that has a name; None of one without."""
    if line.payee_name_encrypted is None:
        return None
    check = name_check_of(line)
    if check is None:
        return {
            "result": NameResult.NOT_CHECKED,
            "score": None,
            "name": "",
            "confirmed": False,
            "digest": None,
        }
    is_different = check.result == NameResult.DIFFERENT
    return {
        "result": check.result,
        "score": check.score,
        "name": check.rail_name_masked,
        "confirmed": check.is_confirmed,
        "digest": name_digest(line, check).hex() if is_different else None,
    }


class PayoutBatchLineOutput(Resource):
    """No query: everything is in the row."""

    id = Id("pobl", source="pk", example="pobl_01kasdc6b2ks4q7t9w1y3a6d8f")
    object = Constant("payout_batch_line")
    number = Number(
        example=4, help_text="As in the file, where a spreadsheet counts the heading too."
    )
    status = Choice(
        LineStatus.values,
        example="invalid",
        help_text="invalid: not paid unless corrected. ready: to be sent. dropped: not to be"
        " paid. sent: its payout is under way. canceled: not sent, for the batch was"
        " canceled.",
    )
    amount = Number(
        allow_null=True,
        example=None,
        help_text="In the currency's smallest unit; null if it cannot be read.",
    )
    fee = Number(
        example=0,
        help_text="What is charged beside the amount once it is paid: what your plan says now while"
        " its batch is a draft; the price of the moment in which it is submitted, and held with the"
        " amount, from then on.",
    )
    fee_tax = Number(example=0, help_text="The tax on the fee, charged beside the amount as well.")
    country = Text(
        allow_null=True,
        example="CM",
        help_text="ISO 3166, of the number; null if it cannot be read.",
    )
    operator = Text(
        allow_null=True,
        example="mtn",
        help_text="The operator of the number; null while it is not known.",
    )
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
    name_check = Json(
        NAME_CHECK,
        source="*",
        convert=name_check_as_json,
        example=None,
        help_text="How well your name for the payee agrees with the one the rail has, from 0 to"
        " 100, and the initials of that one until they are erased; null of a line without a name. A"
        " line whose result is different stops its batch until it is corrected, dropped or"
        " confirmed, for the digest that is shown.",
    )
    payout = Id(
        "po",
        source="payout_id",
        allow_null=True,
        example=None,
        help_text="The payout that it became; null until it is one.",
    )
    failure_code = Text(allow_null=True, example=None)


class RailTotalOutput(Resource):
    """What a batch sends to the wallets of one operator in one country."""

    country = Text(example="CM")
    operator = Text(example="mtn")
    count = Number(example=10)
    amount = Number(example=10000, help_text="In the currency's smallest unit.")
    fee = Number(example=100, help_text="What is charged beside it.")
    fee_tax = Number(example=20, help_text="The tax on the fees, beside it as well.")
    funds = Choice(
        FUNDS,
        example="enough",
        help_text="Whether the provider's account that would pay it holds as much just now, by the"
        " provider's word. Nothing is refused for being short: the account may be filled up in"
        " time. unknown: the rail does not say it, or has not for an hour.",
    )


class FailureOutput(Resource):
    """Why a file could not be read."""

    code = Choice(
        sorted(FAILURES),
        example="columns_missing",
        help_text="What is wrong with the file, for a program.",
    )
    values = Json({"type": "object"}, example={"columns": "phone, amount"}, help_text=VALUES)
    message = Json(MESSAGE, example=sentences("columns_missing", {}), help_text=SENTENCE)


class NameTotalsOutput(Resource):
    """How many lines that can be paid have each result of the check of their payee's name."""

    waiting = Number(example=0, help_text="Still being checked.")
    match = Number(example=8, help_text="The names agree.")
    close = Number(example=1, help_text="Spelled otherwise, or with a name more.")
    different = Number(example=0, help_text="Another person's: they stop the batch.")
    confirmed = Number(example=1, help_text="Another person's, and confirmed all the same.")
    no_account = Number(example=0, help_text="The rail has no wallet of this number that receives.")
    not_checked = Number(example=0, help_text="The rail did not say.")


class BatchReportOutput(Resource):
    """What was found in the list of a batch beside its lines."""

    object = Constant("payout_batch_report")
    batch = Id("pob", source="pk", example="pob_01kasdc5x0ks4q7t9w1y3a6d8f")
    failure = FailureOutput(
        is_given=True,
        allow_null=True,
        example=None,
        help_text="Why its file could not be read; null if it could.",
    )
    warnings = Json(
        findings_schema(sorted(WARNINGS)),
        convert=findings,
        example=[],
        help_text="What is odd about the whole list and may be meant.",
    )
    rails = RailTotalOutput(
        many=True, is_given=True, help_text="What is to be sent, by country and operator."
    )
    names = NameTotalsOutput(
        is_given=True, help_text="Whether the rails know its payees by the names you wrote."
    )
