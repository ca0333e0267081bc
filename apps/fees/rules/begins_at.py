from __future__ import annotations

from datetime import datetime, timedelta

from django.utils.translation import gettext as _

from apps.core.errors import DomainError

# How long a process charges by what it read before.
KEPT_S = 30.0
# Within it, every process has read what was decided: nothing begins sooner.
NOTICE = timedelta(seconds=2 * KEPT_S)
# Of a contract: what was compared and counted by then is so again.
DATED_BACK_DAYS_MAX = 92
# A version is never changed, and none begins before it: a slip in the year would hold for ever.
AHEAD = timedelta(days=366)


class FeePlanDatedBack(DomainError):
    code = "fee_plan_dated_back"
    status = 409
    title = "It cannot begin so long ago."


class FeePlanTooFarAhead(DomainError):
    code = "fee_plan_too_far_ahead"
    status = 409
    title = "It cannot begin so late."


def begins_at(wanted: str, *, now: datetime, is_contract: bool = False) -> datetime:
    """When what was approved at `now` begins: as wanted (ISO 8601, "" for at once), but not before
    every process knows of it. Nobody is charged by a provider's contract: it begins as wanted.

    Raises FeePlanTooFarAhead.
    """
    soonest = now + NOTICE
    if not wanted:
        return soonest
    moment = datetime.fromisoformat(wanted)
    _check_ahead(moment, now=now)
    return moment if is_contract else max(moment, soonest)


def check_begin(valid_from: datetime | None, *, now: datetime, is_contract: bool) -> None:
    """Raises:
    FeePlanDatedBack: merchants would have paid by it before it was agreed on; or of a contract,
        it is too long ago.
    FeePlanTooFarAhead: in more than a year.
    """
    if valid_from is None:
        return
    _check_ahead(valid_from, now=now)
    if valid_from >= now:
        return
    if not is_contract:
        raise FeePlanDatedBack(
            _("What merchants pay begins no sooner than it is agreed on."), field="valid_from"
        )
    if valid_from < now - timedelta(days=DATED_BACK_DAYS_MAX):
        raise FeePlanDatedBack(
            _("A contract is dated back by %(days)d days at most.") % {"days": DATED_BACK_DAYS_MAX},
            field="valid_from",
        )


def _check_ahead(moment: datetime, *, now: datetime) -> None:
    if moment > now + AHEAD:
        raise FeePlanTooFarAhead(
            _("It begins within a year: look at the date again."), field="valid_from"
        )
