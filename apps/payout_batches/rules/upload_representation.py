"""Uploads of batches as merchants see them."""

from __future__ import annotations

from typing import Any

from apps.core.api.resource import Choice, Constant, Flag, Id, Instant, Number, Resource, Text
from apps.core.money import EXPONENTS
from apps.payout_batches.models import UploadStatus


def _hex(value: Any) -> str:
    return bytes(value).hex()


class PayoutBatchUploadOutput(Resource):
    id = Id("pbu", example="pbu_01kasdc5x0ks4q7t9w1y3a6d8f")
    object = Constant("payout_batch_upload")
    livemode = Flag(example=False)
    status = Choice(
        UploadStatus.values,
        example="open",
        help_text="open: pieces are still to come, or it is to be finished. finished: it is a"
        " batch. discarded: nothing of it is kept.",
    )
    file_name = Text(
        example="wages.xlsx", help_text="Of the file, without the phone numbers that were in it."
    )
    size = Number(example=12000000, help_text="How many bytes the whole file has.")
    received = Number(
        example=0, help_text="How many bytes of it are here: the next piece begins there."
    )
    sha256 = Text(
        convert=_hex, example="6f9bb1e1" * 8, help_text="The SHA-256 of the whole file, announced."
    )
    currency = Choice(sorted(EXPONENTS), example="XAF")
    reference = Text(source="merchant_reference", example="wages-2026-11", help_text="Your own.")
    description = Text(example="Wages of November")
    payout_batch = Id(
        "pob",
        source="batch_id",
        allow_null=True,
        example=None,
        help_text="The batch that was made of it; null until it is finished.",
    )
    created_at = Instant(example="2026-11-22T08:00:00.000Z")
    expires_at = Instant(
        example="2026-11-25T08:00:00.000Z",
        help_text="When it is forgotten, with whatever came of it. A batch that was made of it"
        " stays.",
    )
