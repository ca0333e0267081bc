from __future__ import annotations

import hashlib
from calendar import monthrange
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any
from uuid import UUID

from django.db import transaction
from django.db.models import Max, Q, QuerySet
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from apps.audit.services.record import record
from apps.core.errors import DomainError
from apps.providers.models import ProviderAccount
from apps.reconciliation.models import ClosedMonth, Discrepancy, Statement
from apps.reconciliation.services.lock_matching import lock_matching
from apps.reconciliation.services.lock_months import MonthClosed, take_months
from apps.reconciliation.services.open_missing_statements import last_due_day, open_missing


class MonthNotReady(DomainError):
    code = "month_not_ready"
    status = 409
    title = "This month cannot be closed yet."


@dataclass(frozen=True, slots=True)
class MonthStanding:
    """What is closed: its reports, by their digest, and how much is still open."""

    statements: int
    digest: str
    open_count: int


def month_standing(account: ProviderAccount, month: date) -> MonthStanding:
    """Of the month whose first day this is. Two queries."""
    reports = _reports(account, month)
    digest = hashlib.sha256()
    count = 0
    for one in reports.order_by("created_at", "pk").values_list("file_digest", flat=True):
        digest.update(bytes(one))
        count += 1
    still_open = Discrepancy.objects.filter(
        statement__in=reports, status=Discrepancy.Status.OPEN
    ).count()
    return MonthStanding(count, digest.hexdigest(), still_open)


@transaction.atomic
def close_month(
    payload: Mapping[str, Any],
    *,
    requested_by: str,
    approved_by: str,
    reason: str,
    now: datetime,
) -> ClosedMonth:
    """What the action "month.close" does: from now on no report of the month comes or goes,
    and none of another month changes a line of it.

    Discrepancies that are open stay so, and are decided as before.

    Args:
        payload: `account_id`; `month`, its first day in ISO 8601; `statements`, `digest` and
            `open_count` as they were shown.

    Raises:
        MonthNotReady: it has not ended, a report of it is missing, one of the account is just
            coming or not compared yet, or it is not as it was shown.
        MonthClosed: it is closed already.
    """
    account = ProviderAccount.objects.get(pk=UUID(payload["account_id"]))
    month = date.fromisoformat(payload["month"])
    if not lock_matching(account.pk, wait=False) or not take_months(account.pk):
        raise MonthNotReady(_("A report of this account is just being read. Try again."))
    if ClosedMonth.objects.filter(provider_account=account, month=month, reopened_at=None).exists():
        raise MonthClosed(field="month")
    _check_ready(account, month, now)
    standing = month_standing(account, month)
    shown = (payload["statements"], payload["digest"], payload["open_count"])
    if shown != (standing.statements, standing.digest, standing.open_count):
        raise MonthNotReady(_("The month is not what was shown any more. Look at it again."))
    closed = ClosedMonth.objects.create(
        provider_account=account,
        month=month,
        statements=standing.statements,
        open_count=standing.open_count,
        digest=bytes.fromhex(standing.digest),
        reason=reason,
        closed_at=_after_reports(account, now),
        requested_by=requested_by,
        approved_by=approved_by,
    )
    record(
        actor=approved_by,
        action="month.close",
        target=closed.public_id,
        detail={
            "account": account.public_id,
            "month": f"{month:%Y-%m}",
            "requested_by": requested_by,
            "reason": reason,
        },
        now=now,
    )
    return closed


def _after_reports(account: ProviderAccount, now: datetime) -> datetime:
    """Later than all that came before: one of them may have had a clock that is ahead."""
    last = Statement.objects.filter(provider_account=account).aggregate(last=Max("created_at"))
    return max(now, last["last"] + timedelta(microseconds=1)) if last["last"] else now


def _check_ready(account: ProviderAccount, month: date, now: datetime) -> None:
    last_day = month.replace(day=monthrange(month.year, month.month)[1])
    if last_day > last_due_day(account, now):
        raise MonthNotReady(_("Its last report is not due yet."))
    open_missing(account, now)
    missing = Discrepancy.objects.filter(
        provider_account=account,
        kind=Discrepancy.Kind.MISSING_STATEMENT,
        status=Discrepancy.Status.OPEN,
        day__range=(month, last_day),
    ).count()
    if missing:
        raise MonthNotReady(
            ngettext(
                "The report of %(count)d day is missing.",
                "The reports of %(count)d days are missing.",
                missing,
            )
            % {"count": missing}
        )
    # Of other days too: what it says of the month's movements changes its lines.
    waiting = Statement.objects.filter(provider_account=account).filter(
        Q(status=Statement.Status.STAGED)
        # What it had stood for is looked at without it.
        | Q(status=Statement.Status.WITHDRAWN, withdrawal__settled_at=None)
    )
    if waiting.exists():
        raise MonthNotReady(_("A report of this account has not been compared yet."))


def _reports(account: ProviderAccount, month: date) -> QuerySet[Statement]:
    return _covering(account, month).exclude(status=Statement.Status.WITHDRAWN)


def _covering(account: ProviderAccount, month: date) -> QuerySet[Statement]:
    last_day = month.replace(day=monthrange(month.year, month.month)[1])
    return Statement.objects.filter(
        pk__in=Statement.objects.filter(
            covered_days__provider_account=account, covered_days__day__range=(month, last_day)
        ).values("pk")
    )
