from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from django.db import transaction

from apps.approvals.selectors.latest_version import latest_version
from apps.approvals.services.approve_version import approve_version
from apps.approvals.services.lock_draft import lock_draft
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
    draft = lock_draft(
        ReportSubscription,
        payload["subscription_id"],
        digest_of=subscription_digest,
        shown_digest=payload["digest"],
        approved_by=approved_by,
        refusal=SubscriptionChanged(),
    )
    # In turn, whoever approves what for this subscription: all lock the first of its versions.
    list(ReportSubscription.objects.select_for_update(of=("self",)).filter(pk=draft.root_id))
    versions = ReportSubscription.objects.filter(root_id=draft.root_id)
    last = latest_version(versions)
    # Whoever ended it did so after this was asked for: it does not begin again by itself.
    if last is not None and last.ended_at is not None and last.ended_at >= draft.created_at:
        raise SubscriptionChanged
    versions.filter(number__isnull=False, ended_at=None).update(ended_at=now, ended_by=approved_by)
    approve_version(
        draft, last=last, approved_by=approved_by, valid_from=now, refusal=SubscriptionChanged()
    )
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
