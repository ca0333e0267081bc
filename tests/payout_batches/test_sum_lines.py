import pytest
from django.utils import timezone

from apps.core.public_ids import new_id
from apps.payout_batches.models import BatchStatus, LineStatus, PayoutBatch, PayoutBatchLine
from apps.payout_batches.selectors.sum_lines import LineSum, sum_lines
from tests.factories import MerchantFactory

pytestmark = pytest.mark.django_db


def test_each_status_has_its_count_and_its_sum():
    batch = _batch()
    _line(batch, 2, LineStatus.READY, 1_000)
    _line(batch, 3, LineStatus.READY, 500)
    _line(batch, 4, LineStatus.INVALID, None)
    _line(_batch(), 2, LineStatus.READY, 7)

    assert sum_lines(batch.pk) == {"ready": LineSum(2, 1_500), "invalid": LineSum(1, 0)}


def _batch():
    return PayoutBatch.objects.create(
        merchant=MerchantFactory(),
        livemode=False,
        currency="XAF",
        source="api",
        status=BatchStatus.DRAFT,
        created_by="key:one",
        created_at=timezone.now(),
    )


def _line(batch, number, status, amount):
    return PayoutBatchLine.objects.create(
        id=new_id(),
        batch=batch,
        number=number,
        status=status,
        amount=amount,
        payee_msisdn_encrypted=b"x",
        payee_msisdn_index=b"x",
    )
