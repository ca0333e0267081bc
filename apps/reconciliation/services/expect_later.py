from __future__ import annotations

from datetime import date, datetime, timedelta
from uuid import UUID
from zoneinfo import ZoneInfo

from django.contrib.auth.models import AbstractBaseUser
from django.db import transaction
from django.utils.translation import gettext as _

from apps.core.errors import DomainError
from apps.core.public_ids import new_id
from apps.reconciliation.models import Discrepancy
from apps.reconciliation.services.record_decision import (
    Act,
    Decision,
    lock_open,
    read_reason,
    record_decision,
)

# What has not come by then will not come by itself.
EXPECTED_DAYS_MAX = 30


class ExpectedWhenRefused(DomainError):
    code = "expected_when_refused"
    title = "The day is after today, and 30 days from now at most."


@transaction.atomic
def expect_later(
    *,
    discrepancy_id: UUID,
    until: date,
    reason: str,
    decided_by: AbstractBaseUser,
    now: datetime,
    sequence: int | None = None,
    decision_id: UUID | None = None,
) -> Discrepancy:
    """Leave a discrepancy alone until a day of its account's zone: then it comes back by itself.

    It stays open: a report that explains it closes it before. Can be undone.

    Raises:
        ReasonMissing, DiscrepancyClosed, DiscrepancyMoved: see resolve_discrepancy.
        ExpectedWhenRefused: not after today, or more than 30 days from now.
    """
    decision = Decision(
        Act.EXPECT, f"user:{decided_by.pk}", read_reason(reason), now, decision_id or new_id()
    )
    discrepancy = lock_open(discrepancy_id, sequence=sequence)
    today = now.astimezone(ZoneInfo(discrepancy.provider_account.timezone)).date()
    if not today < until <= today + timedelta(days=EXPECTED_DAYS_MAX):
        raise ExpectedWhenRefused(
            _("The day is after today, and %(days)s days from now at most.")
            % {"days": EXPECTED_DAYS_MAX},
            field="until",
        )
    changes = {"expected_until": until, "owner_id": decision.person_id}
    record_decision(discrepancy, decision, changes, detail={"until": until.isoformat()})
    return discrepancy
