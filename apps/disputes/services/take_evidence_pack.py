from __future__ import annotations

from datetime import datetime
from uuid import UUID

from django.conf import settings
from django.utils.translation import gettext_lazy as _

from apps.audit.services.record import record
from apps.core.errors import DomainError
from apps.core.rate_limit import Limit, acquire, refuse
from apps.disputes.models import Dispute
from apps.disputes.selectors.payment_timeline import payment_timeline

HOUR_S = 3600
# Ten pictures as they are shown in it have less.
BYTES_MAX = 20 * 1024 * 1024


class EvidencePacksRateLimited(DomainError):
    code = "evidence_packs_rate_limited"
    status = 429
    title = "Too many evidence packs of one merchant in a short time."
    staff_words = _("Many evidence packs of this merchant were made. Try again within the hour.")


class EvidencePackTooLarge(DomainError):
    code = "evidence_pack_too_large"
    status = 422
    title = "The evidence pack is too large."
    staff_words = _("The evidence pack is too large: take the files one by one.")


def take_evidence_pack(*, dispute_id: UUID, actor: str, now: datetime) -> bytes:
    """The evidence pack as it is at this moment, in the current language, with a trace of who took
    it.

    Raises:
        EvidencePacksRateLimited: of all disputes of its merchant, whoever took them.
        EvidencePackTooLarge; what build_evidence_pack raises.
    """
    # What draws and signs is a second of every process's start, and few take one.
    from apps.disputes.services.build_evidence_pack import PackEntry, build_evidence_pack

    dispute = Dispute.objects.select_related("payment").get(pk=dispute_id)
    limit = Limit(
        policy="evidence_packs",
        key=dispute.merchant_id.hex,
        quota=settings.RATE_LIMITS["evidence_packs_hour"],
        window_s=HOUR_S,
        refusal=EvidencePacksRateLimited,
    )
    # It is drawn, its pictures are read and made smaller, and it is signed: seconds of a processor.
    refuse(acquire([limit]))
    timeline = [
        PackEntry(shown.entry.at, shown.title, shown.detail)
        for shown in payment_timeline(dispute, reader=None)
        # What the payer asked of us, of other merchants too, is for staff alone.
        if shown.entry.kind != "ticket"
    ]
    pdf = build_evidence_pack(dispute_id=dispute_id, timeline=timeline, now=now)
    if len(pdf) > BYTES_MAX:
        raise EvidencePackTooLarge(f"It has {len(pdf)} bytes.")
    record(actor=actor, action="dispute.evidence_pack", target=dispute.public_id, now=now)
    return pdf
