from __future__ import annotations

from datetime import timedelta

from django.utils import timezone

from apps.merchants.models import Merchant
from apps.orchestration.models import StatusChange
from apps.payout_batches.models import PayoutBatchLine
from apps.payouts.models import Payout
from apps.settlement.models import Settlement, SettlementCycle
from tests.core.poison.case import UNREADABLE, enqueue, topic
from tests.factories import MerchantFactory
from tests.payout_batch_runs.conftest import make_batch, new_line
from tests.settlement.rows import new_settlement, new_terms


@topic("settlement.close", spoils=("zone",))
def closed(world, spoilt):
    now, merchant = timezone.now(), MerchantFactory()
    new_terms(merchant, now=now - timedelta(days=1))
    world.pay(succeeded=True, merchant=merchant)
    if spoilt:
        Merchant.objects.filter(pk=merchant.pk).update(timezone="Nowhere/None")
    cycle = SettlementCycle.objects.filter(merchant=merchant)
    cycle.update(due_at=now)
    # An hour of the day, and not when it is tried again.
    return lambda: cycle.get().due_at.minute == 0 and cycle.get().due_at > timezone.now()


@topic("settlement.pay", spoils=("history",))
def settled(world, spoilt):
    # One that is disabled has its settlement put on hold: a move.
    now, merchant = timezone.now(), MerchantFactory(is_active=not spoilt)
    settlement = new_settlement(
        new_terms(merchant, now=now), now=now, status="waiting", amount=10,
        closing_balance=10, due_at=now,
    )  # fmt: skip
    if spoilt:
        # The number of its next move is taken.
        StatusChange.objects.create(
            owner_type="settlement", owner_id=settlement.pk, sequence=settlement.sequence + 1,
            to_status="on_hold", source="worker", created_at=now,
        )  # fmt: skip
    # It is sent, or no rail takes it and it is tried again.
    return lambda: Settlement.objects.get(pk=settlement.pk).due_at > now + timedelta(minutes=5)


@topic("payout.succeeded_late", keys=("payout_id",))
def sent_after_all(world, spoilt):
    now = timezone.now()
    payout = Payout.objects.create(
        merchant=world.merchant,
        livemode=False,
        amount=1_000,
        currency="XAF",
        status="succeeded",
        payee_msisdn_encrypted=UNREADABLE,
        payee_msisdn_index=UNREADABLE,
        created_at=now,
        completed_at=now,
    )
    line = new_line(make_batch(world.merchant, now=now), 9, status="failed", payout_id=payout.pk)
    line.save(force_insert=True)
    enqueue("payout.succeeded_late", payout_id=str(payout.pk))
    return lambda: PayoutBatchLine.objects.get(pk=line.pk).status == "succeeded"
