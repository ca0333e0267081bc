"""Days as rows, where how they came to be is not the question."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

from apps.core.public_ids import new_id, new_id_at
from apps.day_reports.models import MerchantDay, ReportSending, ReportSubscription
from apps.day_reports.services.draft_subscription import SubscriptionOrder, draft_subscription
from tests.statement_sources.rows import KEY


def new_day(
    merchant: Any,
    *,
    livemode: bool = False,
    now: datetime,
    days_ago: int = 1,
    currency: str = "XAF",
) -> MerchantDay:
    """One on which nothing moved."""
    ends_at = now.replace(hour=0, minute=0, second=0, microsecond=0) - timedelta(days=days_ago - 1)
    return MerchantDay.objects.create(
        id=new_id_at(now),
        merchant=merchant,
        livemode=livemode,
        currency=currency,
        account_id=new_id(),
        day=(ends_at - timedelta(days=1)).date(),
        version=1,
        timezone="Africa/Dakar",
        begins_at=ends_at - timedelta(days=1),
        ends_at=ends_at,
        horizon=1,
        opening_balance=0,
        closing_balance=0,
        line_count=0,
        totals=[],
        created_at=now,
    )


def new_subscription(merchant: Any, *, now: datetime, **changes: Any) -> ReportSubscription:
    """One that holds, to an address and a server that is nowhere."""
    order = SubscriptionOrder(
        **{
            "name": "For finance",
            "formats": ["csv"],
            "first_day": now.date() - timedelta(days=40),
            "merchant": merchant,
            "livemode": False,
            "emails": ["finance@shop.example"],
            "host": "127.0.0.1",
            "port": 1,
            "username": "lomi",
            "host_keys": KEY,
            **changes,
        }
    )
    draft = draft_subscription(order=order, created_by="user:1", now=now)
    draft.number, draft.approved_by, draft.valid_from = 1, "user:2", now
    draft.save(update_fields=["number", "approved_by", "valid_from"])
    return draft


def new_sending(
    subscription: ReportSubscription, day: MerchantDay, *, now: datetime, **changes: Any
) -> ReportSending:
    """One that failed once."""
    usual = {
        "way": "email",
        "status": "waiting",
        "failures": 1,
        "failing_since": now,
        "failure": "mail",
        "files": [{"name": "day.csv", "sha256": "0" * 64, "bytes": 7}],
    }
    return ReportSending.objects.create(
        subscription=subscription,
        root_id=subscription.root_id,
        day=day.day,
        currency=day.currency,
        source_key=day.pk.hex,
        version=1,
        created_at=now,
        **{**usual, **changes},
    )
