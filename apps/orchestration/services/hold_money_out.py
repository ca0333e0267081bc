from __future__ import annotations

from datetime import datetime, timedelta

from django.db import transaction

from apps.audit.services.record import record
from apps.orchestration.models import Attempt, DueAttempt, MoneyOutHold
from apps.orchestration.selectors.money_out import HELD_FOR, OUTGOING

ASK_FIRST_FOR = timedelta(days=90)


@transaction.atomic
def hold_money_out(*, actor: str, reason: str, now: datetime) -> MoneyOutHold:
    """From now on no payout and no refund is sent, until `release_money_out`. They are taken all
    the same, and wait.

    What is ordered in the next ninety days is asked about before it is sent: a request that is
    repeated, a batch that was paused, an approval that is given again.
    Safe to repeat: what is held stays so, as of now. A hold that the restored database had may have
    been released in the time that is lost.
    """
    hold = MoneyOutHold.objects.select_for_update().filter(released_at__isnull=True).first()
    if hold is None:
        hold = MoneyOutHold(reason=reason, opened_by=actor, opened_at=now)
    hold.opened_at = max(hold.opened_at, now)
    hold.ask_first_until = now + ASK_FIRST_FOR
    hold.save()
    # None of it stands before what is to be sent.
    waiting = DueAttempt.objects.filter(is_sent=False, next_check_at__lt=now + HELD_FOR)
    Attempt.objects.filter(pk__in=waiting.values("attempt_id"), operation__in=OUTGOING).update(
        next_check_at=now + HELD_FOR
    )
    record(actor=actor, action="money_out.hold", detail={"reason": reason}, now=now)
    return hold
