from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any
from uuid import UUID

from django.db import transaction
from django.db.models import Q
from django.utils.translation import gettext as _

from apps.audit.services.record import record
from apps.core.errors import DomainError
from apps.fees.models import FeePlan, FeePlanVersion
from apps.fees.selectors.planned_version import planned_version


class FeeVersionNotPlanned(DomainError):
    code = "fee_version_not_planned"
    status = 409
    title = "This version cannot be taken back."


@transaction.atomic
def take_back_version(
    payload: Mapping[str, Any],
    *,
    requested_by: str,
    approved_by: str,
    reason: str,
    now: datetime,
) -> FeePlanVersion:
    """A version of a plan, or of a contract, that has not begun never does, as two people agreed;
    the one before holds on. It stays on record.

    Args:
        payload: plan_id, version_id.

    Raises:
        FeeVersionNotPlanned: it holds already or within a minute, is not the last one, is taken
            back already; or merchants would have a plan that charges nothing.
    """
    plan = FeePlan.objects.select_for_update().get(pk=UUID(payload["plan_id"]))
    planned = planned_version(plan.pk, now=now)
    if planned is None or planned.version.pk != UUID(payload["version_id"]):
        raise FeeVersionNotPlanned(
            _("It holds already or begins within a minute, or was taken back, or another follows.")
        )
    version, before = planned.version, planned.before
    given = plan.merchants.filter(Q(valid_until=None) | Q(valid_until__gt=now))
    if before is None and given.exists():
        raise FeeVersionNotPlanned(
            _("It is the only one of a plan that merchants have: give them another plan first.")
        )
    # The last one is closed before another is open.
    version.valid_until = version.valid_from
    version.save(update_fields=["valid_until"])
    if before is not None:
        before.valid_until = None
        before.save(update_fields=["valid_until"])
    record(
        actor=approved_by,
        action="fee_plan.taken_back",
        target=plan.public_id,
        detail={
            "id": str(version.pk),
            "version": version.number,
            "valid_from": version.valid_from.isoformat(),
            "holds_on": before.number if before is not None else None,
            "requested_by": requested_by,
            "reason": reason,
        },
        now=now,
    )
    return version
