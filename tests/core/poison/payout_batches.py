from __future__ import annotations

from datetime import timedelta

from django.db import transaction
from django.utils import timezone

from apps.orchestration.models import StatusChange
from apps.payout_batches.models import NameCheck, PayoutBatch, PayoutBatchLine, PayoutBatchPiece
from apps.payout_batches.services.receive_batch import BatchOrder, receive_batch
from apps.payout_batches.services.submit_batch import submit_batch
from tests.core.poison.case import UNREADABLE, topic
from tests.factories import MerchantFactory
from tests.payout_batch_runs.conftest import batch_of_another, make_batch


@topic("payout_batch.run", spoils=("history",))
def batch_expired(world, spoilt):
    world.pay(succeeded=True)
    long_ago = timezone.now() - timedelta(days=2)
    batch = make_batch(world.merchant, now=long_ago, lines=1)
    submit_batch(batch_id=batch.pk, submitted_by="key:maker", source="api", now=long_ago)
    if spoilt:
        # The number of its next move is taken.
        StatusChange.objects.create(
            owner_type="payout_batch",
            owner_id=batch.pk,
            sequence=PayoutBatch.objects.get(pk=batch.pk).sequence + 1,
            to_status="draft",
            source="worker",
            created_at=timezone.now(),
        )
    return lambda: PayoutBatch.objects.get(pk=batch.pk).status == "draft"


@topic("payout_batch.check_name", spoils=("number", "name"))
def name_checked(world, spoilt):
    batch = batch_of_another(world.merchant, now=timezone.now())
    line = batch.lines.get()
    if spoilt:
        column = "payee_msisdn_encrypted" if spoilt == "number" else "payee_name_encrypted"
        PayoutBatchLine.objects.filter(pk=line.pk).update(**{column: UNREADABLE})
    NameCheck.objects.filter(pk=line.pk).update(
        result="waiting", score=None, due_at=timezone.now(), opened_at=timezone.now()
    )
    # No rail of these can be asked, and is tried again; who cannot be read is never asked about.
    return lambda: NameCheck.objects.get(pk=line.pk).tries > 0


@topic("payout_batch.check", spoils=("piece",), keys=("batch_id",))
def checked(world, spoilt):
    with transaction.atomic():
        batch = receive_batch(
            merchant=MerchantFactory(),
            livemode=False,
            order=BatchOrder(currency="XAF", source="file", created_by="key:one"),
            content=[b"phone;amount\n677000001;100\n"],
            now=timezone.now(),
        )
    if spoilt:
        PayoutBatchPiece.objects.filter(batch=batch).update(content_encrypted=UNREADABLE)
    return lambda: PayoutBatch.objects.filter(pk=batch.pk, status="draft").exists()
