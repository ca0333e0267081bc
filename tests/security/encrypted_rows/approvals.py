from __future__ import annotations

from django.contrib.auth.models import User
from django.utils import timezone

from apps.approvals.models import ApprovalEvidence, ApprovalRequest, RejectionEvidence
from apps.approvals.services.keep_evidence import keep_evidence
from apps.payments.models import Payment
from apps.vault.kept_files import check_file


def make(payment: Payment) -> None:
    """A request with the file that proves its reason, and the one that proves its rejection."""
    user, now = User.objects.create_user("who asks"), timezone.now()
    request = ApprovalRequest.objects.create(
        action="test.do",
        target="thing_1",
        payload={},
        digest=b"",
        reason="See the letter",
        requested_by=user,
        requested_at=now,
        expires_at=now,
    )
    for of in (ApprovalEvidence, RejectionEvidence):
        keep_evidence(check_file("letter.txt", b"Keep it."), request, of=of, now=now)
