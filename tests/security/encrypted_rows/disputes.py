from __future__ import annotations

from django.utils import timezone

from apps.disputes.models import Dispute
from apps.disputes.rules.evidence import new_file, new_text
from apps.disputes.rules.signing_key import new_signing_key
from apps.payments.models import Payment


def make(payment: Payment) -> None:
    now = timezone.now()
    dispute = Dispute.objects.create(
        merchant=payment.merchant,
        livemode=False,
        payment=payment,
        amount=100,
        currency="XAF",
        network="mobile_money",
        reason="fraud",
        stage="complaint",
        status="needs_response",
        opened_by="payer",
        evidence_due_at=now,
        due_at=now,
        opened_at=now,
    )
    new_text(dispute.pk, "complaint", "Not I.", now=now).save()
    new_file(
        dispute.pk, name="a.pdf", content=b"%PDF-", content_type="application/pdf", now=now
    ).save()
    new_signing_key(now=now).save()
