"""One dispute throughout its life, for the documentation."""

from __future__ import annotations

from typing import Any

from apps.disputes.api.evidence_output import DisputeWithEvidenceOutput
from apps.disputes.rules.representation import DisputeOutput

DISPUTE_REQUEST: dict[str, Any] = {
    "payment": DisputeOutput.example()["payment"],
    "reason": "service_not_rendered",
    "complaint": "My shoes never came.",
}
NEW_DISPUTE = DisputeOutput.example(opened_by="merchant")
# The smallest image there is.
EVIDENCE_REQUEST: dict[str, Any] = {
    "delivery_proof": "Signed for on 21 November.",
    "files": [
        {
            "name": "signature.png",
            "content": "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAAAAAA6fptVAAAACklEQVR4nGNg"
            "AAAAAgABSK+kcQAAAABJRU5ErkJggg==",
        }
    ],
}
WITH_EVIDENCE = DisputeWithEvidenceOutput.example()
SUBMITTED = DisputeOutput.example(status="under_review", responded_at="2026-11-23T10:00:00.000Z")
ACCEPTED = DisputeOutput.example(
    status="lost", amount_lost=1500, closed_at="2026-11-23T10:00:00.000Z"
)
