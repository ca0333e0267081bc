"""The books and the audit trail: whether they are right, and whether anybody looks."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime, timedelta

from django.db.models import Count, Max

from apps.audit.selectors.unsealed_since import unsealed_since
from apps.core.alerts import Finding, Parameters
from apps.monitoring.models import BookCheck
from apps.monitoring.selectors.rail_readings import provider_name
from apps.orchestration.models import MoneyOutHold
from apps.providers.selectors.accounts import all_accounts
from apps.reconciliation.models import Discrepancy
from apps.reconciliation.selectors.open_discrepancies import open_discrepancies


def books_broken(wanted: Parameters, now: datetime) -> Iterator[Finding]:
    """The last check of what changed, and the last of everything.

    What one look finds broken is found by each until a person has seen to it: only a later check
    of everything takes it back.
    """
    whole = BookCheck.objects.filter(is_whole=True).order_by("-id").first()
    if whole is not None and whole.violations:
        yield _broken("whole", whole)
    since = BookCheck.objects.filter(is_whole=False, violations__gt=0)
    if whole is not None:
        since = since.filter(id__gt=whole.pk)
    broken = since.order_by("-id").first()
    if broken is not None:
        yield _broken("changes", broken)


def books_unchecked(wanted: Parameters, now: datetime) -> Iterator[Finding]:
    """wanted: age_s."""
    newest = BookCheck.objects.aggregate(at=Max("checked_at"))["at"]
    if newest is not None and now - newest > timedelta(seconds=wanted["age_s"]):
        yield Finding(facts={"minutes": round((now - newest).total_seconds() / 60)})


def audit_unsealed(wanted: Parameters, now: datetime) -> Iterator[Finding]:
    since = unsealed_since(now=now)
    if since is not None:
        yield Finding(facts={"minutes": round((now - since).total_seconds() / 60)})


def money_out_held(wanted: Parameters, now: datetime) -> Iterator[Finding]:
    for since in MoneyOutHold.objects.filter(released_at__isnull=True).values_list(
        "opened_at", flat=True
    ):
        yield Finding(facts={"minutes": round((now - since).total_seconds() / 60)})


def statement_missing(wanted: Parameters, now: datetime) -> Iterator[Finding]:
    """Reports of providers that should have come: one incident a provider."""
    accounts = {account.pk: account for account in all_accounts()}
    missing = (
        open_discrepancies()
        .filter(kind=Discrepancy.Kind.MISSING_STATEMENT)
        .order_by()
        .values("provider_account_id")
        .annotate(days=Count("id"), day=Max("day"))
    )
    for row in missing:
        account = accounts.get(row["provider_account_id"])
        if account is None or not (account.livemode or wanted["includes_test"]):
            continue
        yield Finding(
            key=account.public_id,
            group=f"statements:{account.connector}",
            facts={
                "provider": provider_name(account.connector),
                "account": account.label,
                "days": row["days"],
                "day": row["day"].isoformat(),
            },
        )


def _broken(key: str, check: BookCheck) -> Finding:
    what = "; ".join(check.examples)[:300]
    return Finding(key=key, group="books", facts={"violations": check.violations, "what": what})
