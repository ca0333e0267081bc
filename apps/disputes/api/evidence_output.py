"""A dispute with what its merchant has answered."""

from __future__ import annotations

from typing import Any

from apps.core.api.resource import Choice, Id, Number, Resource, Text
from apps.disputes.models import Dispute, EvidenceFile, EvidenceText
from apps.disputes.rules.evidence import ANSWERS, name_of, text_of
from apps.disputes.rules.representation import DisputeOutput


def _hex(digest: bytes) -> str:
    return bytes(digest).hex()


class EvidenceFileOutput(Resource):
    id = Id("df", example="df_01kasdc5xakt4q7t9w1y3b5d7f")
    name = Text(source="*", convert=name_of, example="receipt.pdf")
    content_type = Choice(EvidenceFile.ContentType.values, example="application/pdf")
    size = Number(example=48_213, help_text="In bytes.")
    sha256 = Text(
        convert=_hex, example="9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08"
    )


class EvidenceOutput(Resource):
    receipt = Text(allow_null=True, is_given=True, example="One pair of shoes, 1,500 XAF.")
    delivery_proof = Text(allow_null=True, is_given=True, example="Signed for on 21 November.")
    customer_communication = Text(allow_null=True, is_given=True, example=None)
    explanation = Text(allow_null=True, is_given=True, example=None)
    files = EvidenceFileOutput(many=True, is_given=True)


class DisputeWithEvidenceOutput(DisputeOutput):
    complaint = Text(
        allow_null=True,
        is_given=True,
        example="My shoes never came.",
        help_text="What whoever opened it says.",
    )
    evidence = EvidenceOutput(is_given=True, convert=lambda evidence: evidence)


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
