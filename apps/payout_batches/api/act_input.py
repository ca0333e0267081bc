"""What merchants send to have something done with a batch: shape and limits, each refusal with its
own code."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from apps.core.api.fields import DigestField, InstantField, KnownFieldsOnly, VisibleTextField
from apps.payout_batches.services.confirm_payee import (
    REASON_LENGTH_MAX as CONFIRMATION_LENGTH_MAX,
)
from apps.payout_batches.services.reject_batch import REASON_LENGTH_MAX


class SubmissionInput(KnownFieldsOnly):
    scheduled_at = InstantField(
        required=False,
        help_text="Not sent before; without it, on the day that its file names (pain.001), else as"
        " soon as it is approved.",
    )


class ApprovalInput(KnownFieldsOnly):
    digest = DigestField(help_text="Of the batch as you saw it.")


class RejectionInput(KnownFieldsOnly):
    reason = VisibleTextField(max_length=REASON_LENGTH_MAX, help_text="For who submitted it.")


class ConfirmationInput(KnownFieldsOnly):
    digest = DigestField(help_text="Of the line's name_check as you saw it.")
    reason = VisibleTextField(
        max_length=CONFIRMATION_LENGTH_MAX, help_text="For who approves the batch."
    )


def read_confirmation(data: Any) -> tuple[bytes, str]:
    """The digest of what was shown, and the reason.

    Raises rest_framework's ValidationError, its codes stable.
    """
    found = _CONFIRMATION.run_validation(data)
    return found["digest"], found["reason"]


def read_scheduled_at(data: Any) -> datetime | None:
    """Raises rest_framework's ValidationError, its codes stable."""
    found: datetime | None = _SUBMISSION.run_validation(data).get("scheduled_at")
    return found


def read_digest(data: Any) -> bytes:
    """Raises rest_framework's ValidationError, its codes stable."""
    found: bytes = _APPROVAL.run_validation(data)["digest"]
    return found


def read_reason(data: Any) -> str:
    """Raises rest_framework's ValidationError, its codes stable."""
    found: str = _REJECTION.run_validation(data)["reason"]
    return found


# Made once: a serializer copies its fields each time it is made.
_SUBMISSION, _APPROVAL, _REJECTION = SubmissionInput(), ApprovalInput(), RejectionInput()
_CONFIRMATION = ConfirmationInput()
