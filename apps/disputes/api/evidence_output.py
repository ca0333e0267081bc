"""A dispute with what its merchant has answered."""

from __future__ import annotations

from typing import Any

from apps.core.api.field_words import FILE_NAME
from apps.core.api.resource import Choice, Id, Number, Resource, Text
from apps.disputes.api.dispute_input import (
    CUSTOMER_COMMUNICATION,
    DELIVERY_PROOF,
    EXPLANATION,
    RECEIPT,
)
from apps.disputes.models import Dispute, EvidenceFile, EvidenceText
from apps.disputes.rules.evidence import ANSWERS, name_of, text_of
from apps.disputes.rules.representation import DisputeOutput

NULL_UNSENT = " Null until you send it."


def _hex(digest: bytes) -> str:
    return bytes(digest).hex()


class EvidenceFileOutput(Resource):
    id = Id("df", example="df_01kasdc5xakt4q7t9w1y3b5d7f")
    name = Text(source="*", convert=name_of, example="receipt.pdf", help_text=FILE_NAME)
    content_type = Choice(EvidenceFile.ContentType.values, example="application/pdf")
    size = Number(example=48_213, help_text="In bytes.")
    sha256 = Text(
        convert=_hex,
        example="9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08",
        help_text="SHA-256 of its content, hexadecimal.",
    )


class EvidenceOutput(Resource):
    receipt = Text(
        allow_null=True,
        is_given=True,
        example="One pair of shoes, 1,500 XAF.",
        help_text=RECEIPT + NULL_UNSENT,
    )
    delivery_proof = Text(
        allow_null=True,
        is_given=True,
        example="Signed for on 21 November.",
        help_text=DELIVERY_PROOF + NULL_UNSENT,
    )
    customer_communication = Text(
        allow_null=True, is_given=True, example=None, help_text=CUSTOMER_COMMUNICATION + NULL_UNSENT
    )
    explanation = Text(
        allow_null=True, is_given=True, example=None, help_text=EXPLANATION + NULL_UNSENT
    )
    files = EvidenceFileOutput(
        many=True, is_given=True, help_text="The files you sent, in their order."
    )


class DisputeWithEvidenceOutput(DisputeOutput):
    complaint = Text(
        allow_null=True,
        is_given=True,
        example="My shoes never came.",
        help_text="What whoever opened it says; null if nothing.",
    )
    evidence = EvidenceOutput(
        is_given=True, convert=lambda evidence: evidence, help_text="What you have answered so far."
    )


def dispute_with_evidence_as_json(dispute: Dispute) -> dict[str, Any]:
    """Two queries."""
    texts = {row.kind: text_of(row) for row in EvidenceText.objects.filter(dispute=dispute)}
    files = EvidenceFile.objects.filter(dispute=dispute).defer("content_encrypted")
    return DisputeWithEvidenceOutput.as_json(
        dispute,
        complaint=texts.get(EvidenceText.Kind.COMPLAINT),
        evidence=EvidenceOutput.as_json(
            files=files.order_by("id"), **{kind.value: texts.get(kind) for kind in ANSWERS}
        ),
    )
