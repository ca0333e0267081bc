from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from django.db.models import Model

from apps.ledger.rules.outgoing import PAYOUT_KINDS, amounts_of
from apps.ledger.services.post import Booking, post_all
from apps.orchestration.models import StatusChange
from apps.payouts.services.open_payouts import open_payouts
from apps.payouts.services.plan_payout import PlannedPayout


def create_payouts(planned: Sequence[PlannedPayout], *, now: datetime) -> list[Model]:
    """The rows of many payouts whose money is set aside already, each with what is held for it,
    unsaved: as create_payout records one.

    The caller inserts them in the transaction in which it gives back what it held for them, as
    much in all, fees and taxes included. So the balance is not looked at: nobody can take between
    the two.
    """
    bookings = [
        Booking(
            amounts_of(one.payout, PAYOUT_KINDS, "held"),
            merchant_id=one.payout.merchant_id,
            source_id=one.payout.pk,
            livemode=one.payout.livemode,
        )
        for one in planned
    ]
    return [
        *post_all(bookings, now=now),
        *open_payouts(planned, source=StatusChange.Source.WORKER, now=now),
    ]
