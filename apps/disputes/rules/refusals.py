"""Why something may not be done with a dispute as it is now."""

from __future__ import annotations

from datetime import datetime

from django.utils.translation import gettext_lazy as _

from apps.core.errors import DomainError
from apps.core.json_format import instant_as_json
from apps.disputes.models import Dispute, DisputeStatus


class DisputeClosed(DomainError):
    code = "dispute_closed"
    status = 409
    title = "This dispute is closed."
    staff_words = _("This dispute is closed.")


class EvidenceSubmitted(DomainError):
    code = "evidence_submitted"
    status = 409
    title = "The evidence was submitted: it is being decided."


class EvidenceTooLate(DomainError):
    code = "evidence_too_late"
    status = 409
    title = "The date for evidence has passed."


def refuse_unless_open(dispute: Dispute) -> None:
    """Raises DisputeClosed."""
    if not dispute.is_open:
        raise DisputeClosed(f"It is {dispute.status}.")


def refuse_unless_answerable(dispute: Dispute, *, now: datetime) -> None:
    """Raises DisputeClosed, EvidenceTooLate, EvidenceSubmitted."""
    refuse_unless_open(dispute)
    is_late = now > dispute.evidence_due_at
    if dispute.responded_at is None and (is_late or dispute.status != DisputeStatus.NEEDS_RESPONSE):
        raise EvidenceTooLate(f"It was due at {instant_as_json(dispute.evidence_due_at)}.")
    if dispute.status != DisputeStatus.NEEDS_RESPONSE:
        raise EvidenceSubmitted(f"At {instant_as_json(dispute.responded_at)}.")
