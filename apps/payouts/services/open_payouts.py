from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from django.db.models import Model

from apps.core.work.outbox import wake_on_commit
from apps.orchestration.rules.order_reference import first_reference
from apps.orchestration.services.open_attempt import TOPIC, open_attempt
from apps.payouts.models import PayoutStatus
from apps.payouts.services.plan_payout import PlannedPayout
from apps.payouts.transitions import move
from apps.providers.contract import Operation
from apps.webhooks.services import build_event as webhooks


def open_payouts(planned: Sequence[PlannedPayout], *, source: str, now: datetime) -> list[Model]:
    """The rows of new payouts: each with its first attempt, history and event, unsaved.

    The caller inserts them with what is held for each, in the same transaction.

    Args:
        source: who brought them, as histories say.
    """
    rows: list[Model] = []
    for one in planned:
        moved = move(one.payout, PayoutStatus.PENDING, source=source, now=now)
        attempt, birth = open_attempt(
            owner_type="payout",
            owner=one.payout,
            operation=Operation.DISBURSE,
            account=one.account,
            source=source,
            due_at=now,
            now=now,
            reference=first_reference(one.payout.pk),
        )
        rows += [one.payout, attempt, birth, *moved.rows]
    wake_on_commit(TOPIC, webhooks.TOPIC)
    return rows
