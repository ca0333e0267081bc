from __future__ import annotations

from datetime import datetime, timedelta

from django.db import transaction
from django.utils.translation import gettext_lazy as _

from apps.audit.services.record import record
from apps.core.errors import DomainError
from apps.orchestration.models import Attempt, DueAttempt, MoneyOutHold
from apps.orchestration.selectors.money_out import OUTGOING
from apps.providers.contract import Operation
from apps.providers.models import ProviderAccount
from apps.providers.registry import profile_of, unknown_reference_grace


class MoneyOutNotReleasable(DomainError):
    code = "money_out_not_releasable"
    status = 409
    title = "Money out cannot be released."
    staff_words = _("Money out cannot be released.")


@transaction.atomic
def release_money_out(*, actor: str, reason: str, now: datetime) -> MoneyOutHold:
    """Payouts and refunds are sent again, those that waited too, at once.

    Raises:
        MoneyOutNotReleasable: it is not held, nobody says who releases it and why, or a provider's
            "never heard of it" does not count yet of what was sent before it was held.
    """
    hold = MoneyOutHold.objects.select_for_update().filter(released_at__isnull=True).first()
    if hold is None:
        raise MoneyOutNotReleasable("It is not held.")
    if not actor.strip() or not reason.strip():
        raise MoneyOutNotReleasable("Say who releases it, and why it is safe.")
    counts_from = hold.opened_at + _longest_grace()
    if now < counts_from:
        raise MoneyOutNotReleasable(
            "What was sent just before may still arrive at its provider: not before"
            f" {counts_from:%Y-%m-%d %H:%M:%S} UTC."
        )
    hold.released_at, hold.released_by, hold.release_reason = now, actor, reason
    hold.save(update_fields=["released_at", "released_by", "release_reason"])
    waiting = DueAttempt.objects.filter(is_sent=False, next_check_at__gt=now)
    Attempt.objects.filter(pk__in=waiting.values("attempt_id"), operation__in=OUTGOING).update(
        next_check_at=now
    )
    record(actor=actor, action="money_out.release", detail={"reason": reason}, now=now)
    return hold


def _longest_grace() -> timedelta:
    graces = [
        unknown_reference_grace(account, Operation(operation))
        for account in ProviderAccount.objects.all()
        for operation in OUTGOING
        if profile_of(account.connector, Operation(operation)) is not None
    ]
    return max(graces, default=timedelta())
