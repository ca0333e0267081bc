"""The results of a batch as merchants get them."""

from __future__ import annotations

import base64

from apps.core.api.field_words import FILE_NAME
from apps.core.api.resource import Choice, Constant, Resource, Text
from apps.payout_batches.rules.representation import PayoutBatchOutput
from apps.payout_batches.services.build_results import KINDS


def _base64(content: bytes) -> str:
    return base64.b64encode(content).decode()


class PayoutBatchResultsOutput(Resource):
    object = Constant("payout_batch_results")
    batch = Text(is_given=True, example=PayoutBatchOutput.example()["id"])
    format = Choice(list(KINDS), is_given=True, example="csv")
    name = Text(example="pob_01kasdc5x0ks4q7t9w1y3a6d8f.csv", help_text=FILE_NAME)
    content_type = Text(example="text/csv; charset=utf-8")
    content = Text(convert=_base64, example="77u/TGluZSxSZWZlcmVuY2UK")
