from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any
from uuid import UUID

from django.db import transaction
from django.utils.translation import gettext as _

from apps.audit.services.record import record
from apps.core.errors import DomainError
from apps.fees.models import MerchantFeePlan
from apps.fees.selectors.planned_given_plan import planned_given_plan
from apps.merchants.models import Merchant


class GivenPlanNotPlanned(DomainError):
    code = "given_fee_plan_not_planned"
    status = 409
    title = "This plan of the merchant cannot be taken back."


@transaction.atomic
def take_back_given_plan(
    payload: Mapping[str, Any],
    *,
    requested_by: str,
    approved_by: str,
    reason: str,
    now: datetime,
) -> MerchantFeePlan:
    """A plan that a merchant was given from a later day on is never its plan, as two people agreed;
    the one before holds on. It stays on record.

    Args:
        payload: merchant_id, given_id.

    Raises:
        GivenPlanNotPlanned: it holds already or within a minute, is not the last one, or is taken
            back already.
    """
    # As who gives one does.
    merchant = Merchant.objects.select_for_update().get(pk=UUID(payload["merchant_id"]))
    planned = planned_given_plan(merchant.pk, now=now)
    if planned is None or planned.given.pk != UUID(payload["given_id"]):
        raise GivenPlanNotPlanned(
            _("It holds already or begins within a minute, or was taken back, or another follows.")
        )
    given, before = planned.given, planned.before
    # The last one is closed before another is open.
    given.valid_until = given.valid_from
    given.save(update_fields=["valid_until"])
    if before is not None:
        before.valid_until = None
        before.save(update_fields=["valid_until"])
    record(
        actor=approved_by,
        action="fee_plan.given_taken_back",
        target=merchant.public_id,
        detail={
            "id": str(given.pk),
            "plan": given.plan.public_id,
            "valid_from": given.valid_from.isoformat(),
            "holds_on": before.plan.public_id if before is not None else None,
            "requested_by": requested_by,
            "reason": reason,
        },
        now=now,
    )
    return given
