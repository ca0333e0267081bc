from __future__ import annotations

from uuid import UUID

from django.contrib import messages
from django.contrib.auth.decorators import permission_required
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect

from apps.core import database_clock
from apps.core.admin import show_refusal
from apps.core.errors import DomainError
from apps.core.visible_rows import visible_rows
from apps.payout_batches.models import PayoutBatch
from apps.payout_batches.services.build_results import KINDS, build_results


@permission_required("payout_batches.view_payoutbatch", raise_exception=True)
def results_file(request: HttpRequest, batch_id: UUID, kind: str) -> HttpResponse:
    """What the batch came to, as a file."""
    batch = get_object_or_404(
        visible_rows(request.user, PayoutBatch.objects.select_related("merchant")), pk=batch_id
    )
    if kind not in KINDS:
        raise Http404
    try:
        results = build_results(batch, kind=kind, now=database_clock.now())
    except DomainError as refusal:
        messages.error(request, show_refusal(refusal))
        return redirect("staff-payout-batch", batch.pk)
    response = HttpResponse(results.content, content_type=results.content_type)
    response["Content-Disposition"] = f'attachment; filename="{results.name}"'
    response["X-Content-Type-Options"] = "nosniff"
    return response
