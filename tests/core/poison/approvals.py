from __future__ import annotations

from django.utils import timezone

from apps.approvals.models import Approval
from apps.orchestration.models import StatusChange
from apps.payouts.models import Payout
from tests.core.poison.case import topic
from tests.fakes import FAKE


@topic("approval.expire", spoils=("history",))
def expired(world, spoilt):
    now = timezone.now()
    payout = Payout.objects.create(
        merchant=world.merchant,
        livemode=False,
        amount=1_000,
        currency="XAF",
        country="CM",
        operator="mtn",
        provider=FAKE,
        payee_msisdn_encrypted=b"",
        payee_msisdn_index=b"",
        payee_msisdn_masked="",
        status="needs_approval",
        sequence=1,
        created_at=now,
    )
    Approval.objects.create(
        merchant=world.merchant,
        livemode=False,
        action="payout.send",
        target=payout.public_id,
        amount=1_000,
        currency="XAF",
        digest=b"",
        made_by="key:1",
        requested_by="key:1",
        requested_at=now,
        expires_at=now,
        due_at=now,
    )
    if spoilt:
        # The number of its next move is taken.
        StatusChange.objects.create(
            owner_type="payout", owner_id=payout.pk, sequence=2,
            to_status="canceled", source="worker", created_at=now,
        )  # fmt: skip
    return lambda: Payout.objects.get(pk=payout.pk).status == "canceled"
