from __future__ import annotations

from django.contrib.auth.models import User
from django.utils import timezone

from apps.approvals.models import ApprovalEvidence, ApprovalRequest
from apps.approvals.rules.evidence import CONTENT_CONTEXT, NAME_CONTEXT
from apps.core.public_ids import new_id
from apps.payments.models import Payment
from apps.vault.kept_files import check_file, encrypted_columns


def make(payment: Payment) -> None:
    """A request with the file that proves its reason."""
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
    row_id = new_id()
    columns = encrypted_columns(
        check_file("letter.txt", b"Keep it."),
        row_id=row_id,
        name_context=NAME_CONTEXT,
        content_context=CONTENT_CONTEXT,
    )
    ApprovalEvidence.objects.create(id=row_id, request=request, created_at=now, **columns)
