"""What staff take out of a dispute: asked who they are again, and recorded."""

from __future__ import annotations

from urllib.parse import quote
from uuid import UUID

from django.contrib.auth.decorators import permission_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404
from django.utils import timezone
from django.views.decorators.http import require_GET

from apps.audit.admin import actor_of
from apps.audit.services.record import record
from apps.disputes.models import Dispute, EvidenceFile
from apps.disputes.rules.evidence import content_of, name_of
from apps.disputes.services.build_evidence_pack import PackEntry, build_evidence_pack
from apps.disputes.staff.payment_timeline import payment_timeline


@require_GET
@permission_required("disputes.change_dispute", raise_exception=True)
def evidence_pack(request: HttpRequest, dispute_id: UUID) -> HttpResponse:
    dispute = get_object_or_404(Dispute.objects.select_related("payment"), pk=dispute_id)
    timeline = [
        PackEntry(shown.entry.at, shown.title, shown.detail) for shown in payment_timeline(dispute)
    ]
    now = timezone.now()
    pdf = build_evidence_pack(dispute_id=dispute.pk, timeline=timeline, now=now)
    record(
        actor=actor_of(request), action="dispute.evidence_pack", target=dispute.public_id, now=now
    )
    return _attachment(pdf, name=f"{dispute.public_id}.pdf", content_type="application/pdf")


@require_GET
@permission_required("disputes.change_dispute", raise_exception=True)
def evidence_file(request: HttpRequest, dispute_id: UUID, file_id: UUID) -> HttpResponse:
    file = get_object_or_404(
        EvidenceFile.objects.select_related("dispute"), pk=file_id, dispute_id=dispute_id
    )
    record(
        actor=actor_of(request),
        action="dispute.evidence_file",
        target=file.dispute.public_id,
        detail={"file": file.public_id},
        now=timezone.now(),
    )
    return _attachment(content_of(file), name=name_of(file), content_type=file.content_type)


def _attachment(content: bytes, *, name: str, content_type: str) -> HttpResponse:
    """Saved, never shown within our pages, whatever it is and is called."""
    response = HttpResponse(content, content_type=content_type)
    response["Content-Disposition"] = f"attachment; filename*=UTF-8''{quote(name, safe='')}"
    response["X-Content-Type-Options"] = "nosniff"
    response["Content-Security-Policy"] = "sandbox"
    return response
