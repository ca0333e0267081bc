from __future__ import annotations

from datetime import timedelta

from django.utils import timezone

from apps.disputes.models import Dispute, DisputeFile, DisputeFileLine
from apps.disputes.services.open_dispute import DisputeOrder, open_dispute
from apps.orchestration.models import StatusChange
from apps.payments.models import Payment
from tests.core.poison.case import topic


@topic("dispute.follow_up", spoils=("history",))
def dispute(world, spoilt):
    payment = Payment.objects.get(pk=world.pay(succeeded=True).owner_id)
    dispute = open_dispute(
        payment_id=payment.pk,
        order=DisputeOrder(reason="fraud", evidence_due_at=timezone.now()),
        opened_by="payer",
        now=timezone.now() - timedelta(days=1),
    )
    if spoilt:
        # The number of its next move is taken.
        StatusChange.objects.create(
            owner_type="dispute",
            owner_id=dispute.pk,
            sequence=dispute.sequence + 1,
            to_status="won",
            source="worker",
            created_at=timezone.now(),
        )
    return lambda: Dispute.objects.get(pk=dispute.pk).status == "under_review"


@topic("dispute.open_from_file", spoils=("currency",))
def line_of_disputes(world, spoilt):
    attempt = world.pay(succeeded=True)
    # Of a currency that nobody knows.
    currency = "QQQ" if spoilt else "XAF"
    Payment.objects.filter(pk=attempt.owner_id).update(currency=currency)
    file = DisputeFile.objects.create(
        provider_account=world.account,
        file_name="disputes.csv",
        file_digest=attempt.pk.bytes * 2,
        created_at=timezone.now(),
    )
    line = DisputeFileLine.objects.create(
        file=file,
        line_number=1,
        case=attempt.pk.hex,
        provider_reference=attempt.provider_reference,
        amount=100,
        currency=currency,
        reason="fraud",
        status="waiting",
        due_at=timezone.now(),
        tried_from=timezone.now(),
    )
    return lambda: DisputeFileLine.objects.get(pk=line.pk).status == "opened"
