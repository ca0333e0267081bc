"""One batch from its submission on, for the documentation."""

from __future__ import annotations

from typing import Any

from apps.payout_batches.rules.representation import NO_LINES, PayoutBatchOutput

# What is held or charged for.
CHARGED = ("ready", "sent", "succeeded")


def _at(status: str, *, lines: dict[str, int], **changes: Any) -> dict[str, Any]:
    """The batch with this many lines of each status, a thousand francs each, at ten and two of tax
    once it is submitted."""
    charged = {} if status == "draft" else {name: lines.get(name, 0) for name in CHARGED}
    sums = NO_LINES | {
        name: {
            "count": count,
            "amount": 0 if name == "invalid" else 1_000 * count,
            "fee": 10 * charged.get(name, 0),
            "fee_tax": 2 * charged.get(name, 0),
        }
        for name, count in lines.items()
    }
    total = sum(lines.get(name, 0) for name in ("ready", "sent", "succeeded", "failed"))
    ended = sum(lines.get(name, 0) for name in ("succeeded", "failed"))
    progress = {
        "total": total,
        "ended": ended,
        "amount_total": 1_000 * total,
        "amount_ended": 1_000 * ended,
        "fee_total": 10 * sum(charged.values()),
        "fee_tax_total": 2 * sum(charged.values()),
        "rate_per_minute": 120 if ended else None,
        "ends_at": None,
        "seconds_left_min": None,
    }
    return PayoutBatchOutput.example(
        status=status, lines=sums, progress=progress, **{"completed_at": None, **changes}
    )


UNDECIDED = {"approved_at": None, "started_at": None}
SUBMISSION_REQUEST: dict[str, Any] = {}
SUBMITTED = _at("needs_approval", lines={"ready": 11, "invalid": 2}, **UNDECIDED)
APPROVAL_REQUEST: dict[str, Any] = {"digest": PayoutBatchOutput.example()["digest"]}
APPROVED = _at("running", lines={"ready": 11, "invalid": 2})
REJECTION_REQUEST: dict[str, Any] = {"reason": "Line 4 is paid twice."}
REJECTED = _at(
    "draft",
    lines={"ready": 11, "invalid": 2},
    digest=None,
    rejection_reason=REJECTION_REQUEST["reason"],
    **UNDECIDED,
)
PAUSED = _at("paused", lines={"ready": 4, "sent": 1, "succeeded": 6, "invalid": 2})
RESUMED = _at("running", lines={"ready": 4, "sent": 1, "succeeded": 6, "invalid": 2})
CANCELED = _at("canceling", lines={"canceled": 4, "sent": 1, "succeeded": 6, "invalid": 2})
RETRY = PayoutBatchOutput.example(
    id="pob_01kasdd6y1m15r8v0x2z4b7e9g",
    status="draft",
    **{name: _at("draft", lines={"ready": 1})[name] for name in ("lines", "progress")},
    digest=None,
    retry_of=PayoutBatchOutput.example()["id"],
    submitted_at=None,
    completed_at=None,
    **UNDECIDED,
)
