"""What staff take out of a dispute: asked who they are again, and recorded."""

from __future__ import annotations

from uuid import UUID

from django.contrib import messages
from django.contrib.auth.decorators import permission_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.views.decorators.http import require_GET

from apps.audit.admin import actor_of
from apps.audit.services.record import record
from apps.core import database_clock
from apps.core.admin import show_refusal
from apps.core.attachment import attachment
from apps.core.errors import DomainError
from apps.core.visible_rows import visible_rows
from apps.disputes.models import Dispute, EvidenceFile
from apps.disputes.rules.evidence import content_of, name_of
from apps.disputes.services.take_evidence_pack import take_evidence_pack
from apps.vault.kept_files import AttachmentUnreadable


@require_GET
@permission_required("disputes.change_dispute", raise_exception=True)
def evidence_pack(request: HttpRequest, dispute_id: UUID) -> HttpResponse:
    dispute = get_object_or_404(visible_rows(request.user, Dispute.objects.all()), pk=dispute_id)
    try:
        pdf = take_evidence_pack(
            dispute_id=dispute.pk, actor=actor_of(request), now=database_clock.now()
        )
    except DomainError as refusal:
        messages.error(request, show_refusal(refusal))
        return redirect("staff-dispute", dispute_id)
    return attachment(pdf, name=f"{dispute.public_id}.pdf", content_type="application/pdf")


@require_GET
@permission_required("disputes.change_dispute", raise_exception=True)
def evidence_file(request: HttpRequest, dispute_id: UUID, file_id: UUID) -> HttpResponse:
    file = get_object_or_404(
        EvidenceFile.objects.select_related("dispute"),
        pk=file_id,
        dispute__in=visible_rows(request.user, Dispute.objects.filter(pk=dispute_id)),
    )
    try:
        content = content_of(file)
    except AttachmentUnreadable as refusal:
        messages.error(request, show_refusal(refusal))
        return redirect("staff-dispute", dispute_id)
    record(
        actor=actor_of(request),
        action="dispute.evidence_file",
        target=file.dispute.public_id,
        detail={"file": file.public_id},
        now=database_clock.now(),
    )
    return attachment(content, name=name_of(file), content_type=file.content_type)
