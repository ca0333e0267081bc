from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from typing import Any
from uuid import UUID

from django.utils.translation import gettext as _

from apps.providers.models import ProviderAccount
from apps.reconciliation.models import ClosedMonth


def describe_closing(payload: Mapping[str, Any]) -> list[str]:
    """What "month.close" is asked for, in words."""
    account = ProviderAccount.objects.get(pk=UUID(payload["account_id"]))
    month = date.fromisoformat(payload["month"])
    return [
        f"{account} · {month:%Y-%m}",
        _("Reports: %(count)d") % {"count": payload["statements"]},
        _("Open discrepancies: %(count)d") % {"count": payload["open_count"]},
        f"SHA-256 {payload['digest']}",
    ]


def describe_reopening(payload: Mapping[str, Any]) -> list[str]:
    """What "month.reopen" is asked for, in words."""
    months = ClosedMonth.objects.select_related("provider_account")
    return [str(months.get(pk=UUID(payload["closed_month_id"])))]
