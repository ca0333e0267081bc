from __future__ import annotations

from datetime import datetime
from uuid import UUID

from apps.audit.services.record import record
from apps.disputes.models import Dispute
from apps.disputes.selectors.payment_timeline import payment_timeline


def take_evidence_pack(*, dispute_id: UUID, actor: str, now: datetime) -> bytes:
    """The evidence pack as it is at this moment, in the current language, with a trace of who took
    it. Raises what build_evidence_pack raises."""
    # What draws and signs is a second of every process's start, and few take one.
    from apps.disputes.services.build_evidence_pack import PackEntry, build_evidence_pack

    dispute = Dispute.objects.select_related("payment").get(pk=dispute_id)
    timeline = [
        PackEntry(shown.entry.at, shown.title, shown.detail)
        for shown in payment_timeline(dispute, reader=None)
        # What the payer asked of us, of other merchants too, is for staff alone.
        if shown.entry.kind != "ticket"
    ]
    pdf = build_evidence_pack(dispute_id=dispute_id, timeline=timeline, now=now)
    record(actor=actor, action="dispute.evidence_pack", target=dispute.public_id, now=now)
    return pdf
