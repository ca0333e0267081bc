from __future__ import annotations

from datetime import datetime, timedelta

from django.db import transaction

from apps.audit.services.record import record
from apps.orchestration.models import MoneyOutHold

ASK_FIRST_FOR = timedelta(days=90)


@transaction.atomic
def hold_money_out(*, actor: str, reason: str, now: datetime) -> MoneyOutHold:
    """From now on no payout and no refund is sent, until `release_money_out`. They are taken all
    the same, and wait.

    What is ordered in the next ninety days is asked about before it is sent: a request that is
    repeated, a batch that was paused, an approval that is given again.
    Safe to repeat: what is held stays so.
    """
    hold = MoneyOutHold.objects.select_for_update().filter(released_at__isnull=True).first()
    if hold is None:
        hold = MoneyOutHold(reason=reason, opened_by=actor, opened_at=now)
    hold.ask_first_until = now + ASK_FIRST_FOR
    hold.save()
    record(actor=actor, action="money_out.hold", detail={"reason": reason}, now=now)
    return hold
