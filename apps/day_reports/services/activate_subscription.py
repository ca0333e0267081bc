from __future__ import annotations

import hmac
from collections.abc import Mapping
from datetime import datetime
from typing import Any
from uuid import UUID

from django.db import transaction

from apps.audit.services.record import record
from apps.day_reports.models import ReportSubscription
from apps.day_reports.rules.refusals import SubscriptionChanged
from apps.day_reports.rules.subscription_digest import subscription_digest


@transaction.atomic
def activate_subscription(
    payload: Mapping[str, Any],
    *,
    requested_by: str,
    approved_by: str,
    reason: str,
    now: datetime,
) -> ReportSubscription:
    """What the action "day_reports.subscription" does: from now on reports are sent like this; the
    version before it ends.

    Args:
        payload: `subscription_id`; `digest`, of what was shown.

    Raises:
        SubscriptionChanged: it is not what was shown, holds already, or another came meanwhile, or
            the end.
    """
    draft = (
        ReportSubscription.objects.select_for_update(of=("self",))
        .filter(pk=UUID(payload["subscription_id"]))
        .first()
    )
    if (
        draft is None
        or draft.number is not None
        or draft.created_by == approved_by
        or not hmac.compare_digest(subscription_digest(draft), payload["digest"])
    ):
        raise SubscriptionChanged
    # In turn, whoever approves what for this subscription: all lock the first of its versions.
    list(ReportSubscription.objects.select_for_update(of=("self",)).filter(pk=draft.root_id))
    last = (
        ReportSubscription.objects.filter(root_id=draft.root_id, number__isnull=False)
        .order_by("-number")
        .first()
    )
    if last is not None and last.created_at > draft.created_at:
        raise SubscriptionChanged
    # Whoever ended it did so after this was asked for: it does not begin again by itself.
    if last is not None and last.ended_at is not None and last.ended_at >= draft.created_at:
        raise SubscriptionChanged
    ReportSubscription.objects.filter(
        root_id=draft.root_id, number__isnull=False, ended_at=None
    ).update(ended_at=now, ended_by=approved_by)
    draft.number = last.number + 1 if last and last.number else 1
    draft.approved_by, draft.valid_from = approved_by, now
    draft.save(update_fields=["number", "approved_by", "valid_from"])
    record(
        actor=approved_by,
        action="report_subscription.activated",
        target=draft.public_id,
        detail={
            "version": draft.number,
            "digest": payload["digest"],
            "requested_by": requested_by,
            "reason": reason,
        },
        now=now,
    )
    return draft
