from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

from django.db import transaction
from django.utils.translation import gettext_lazy as _

from apps.audit.services.record import record
from apps.core.errors import DomainError
from apps.reconciliation.models import OwnTransferRule


class OwnTransferRuleEnded(DomainError):
    code = "own_transfer_rule_ended"
    status = 409
    title = "This rule was ended before."
    staff_words = _("This rule was ended before.")


@transaction.atomic
def end_approved_rule(
    payload: Mapping[str, Any],
    *,
    requested_by: str,
    approved_by: str,
    reason: str,
    now: datetime,
) -> OwnTransferRule:
    """A rule holds no more for what leaves from today on. What it found before stays found.

    Args:
        payload: `rule_id`.

    Raises:
        OwnTransferRuleEnded: it holds no more already.
    """
    rule = (
        OwnTransferRule.objects.select_for_update(of=("self",))
        .select_related("from_account")
        .get(pk=UUID(payload["rule_id"]))
    )
    if rule.ends_on is not None:
        raise OwnTransferRuleEnded(rule.name)
    today = now.astimezone(ZoneInfo(rule.from_account.timezone)).date()
    rule.ends_on = max(today, rule.starts_on)
    rule.save(update_fields=["ends_on"])
    record(
        actor=approved_by,
        action="own_transfer_rule.ended",
        target=rule.public_id,
        detail={
            "ends_on": rule.ends_on.isoformat(),
            "requested_by": requested_by,
            "reason": reason,
        },
        now=now,
    )
    return rule
