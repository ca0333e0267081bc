"""A statement's file as merchants get it."""

from __future__ import annotations

import base64

from apps.core.api.field_words import FILE_NAME
from apps.core.api.resource import Choice, Constant, Resource, Text
from apps.settlement.rules.representation import SettlementOutput
from apps.settlement.services.build_statement import KINDS


def _base64(content: bytes) -> str:
    return base64.b64encode(content).decode()


class SettlementFileOutput(Resource):
    object = Constant("settlement_file")
    settlement = Text(
        is_given=True,
        example=SettlementOutput.example()["id"],
        help_text="The settlement whose statement it is.",
    )
    format = Choice(list(KINDS), is_given=True, example="csv")
    name = Text(example="set_01kasdc6y1mt5r8v0x2z4b7e9g.csv", help_text=FILE_NAME)
    content_type = Text(example="text/csv; charset=utf-8")
    content = Text(convert=_base64, example="77u/TGluZSxUaW1lCg==")
