from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any
from uuid import UUID

from django.db import transaction

from apps.audit.services.record import record
from apps.fees.models import FeePlan, FeePlanVersion, FeeReturn
from apps.fees.rules.begins_at import begins_at
from apps.fees.rules.check_contract import check_contract
from apps.fees.rules.check_parity import check_parity
from apps.fees.rules.fee_terms import terms_from_json
from apps.fees.selectors.served_currencies import served_currencies
from apps.fees.services.add_version import add_version
from apps.fees.services.date_back import date_back


@transaction.atomic
def activate_approved_version(
    payload: Mapping[str, Any],
    *,
    requested_by: str,
    approved_by: str,
    reason: str,
    now: datetime,
) -> FeePlanVersion:
    """The version that two people agreed on, with the lines that both saw.

    Args:
        payload: plan_id, after_number, valid_from (empty: as soon as it can; of a contract it may
            be past), lines, fee_return; what else it holds was shown and changes nothing.

    Raises:
        FeeLinesRefused, FeePlanChanged: see add_version, rules.check_parity, and
            rules.check_contract.
        FeePlanTooFarAhead: see rules.begins_at.
        What refuses to date a contract back: see date_back.
    """
    plan = FeePlan.objects.get(pk=UUID(payload["plan_id"]))
    lines = [terms_from_json(line, plan_currency=plan.currency) for line in payload["lines"]]
    # A request of the release before does not say it.
    fee_return = payload.get("fee_return", FeeReturn.NONE)
    is_contract = plan.provider_account_id is not None
    if is_contract:
        check_contract(lines, fee_return=fee_return)
    else:
        check_parity(lines, served_currencies())
    version = add_version(
        plan=plan,
        lines=lines,
        valid_from=begins_at(payload["valid_from"], now=now, is_contract=is_contract),
        after_number=payload["after_number"],
        fee_return=fee_return,
        now=now,
    )
    if version.valid_from < now:
        date_back(version, now=now)
    record(
        actor=approved_by,
        action="fee_plan.activated",
        target=plan.public_id,
        detail={
            "id": str(version.pk),
            "plan_id": str(plan.pk),
            "currency": plan.currency,
            "provider_account_id": str(plan.provider_account_id) if is_contract else None,
            "version": version.number,
            "valid_from": version.valid_from.isoformat(),
            "lines_digest": version.lines_digest,
            "fee_return": version.fee_return,
            "requested_by": requested_by,
            "reason": reason,
        },
        now=now,
    )
    return version
