from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any
from uuid import UUID

from django.db import transaction

from apps.access.rules.staff_rights import RightsByOne, RightsChanged
from apps.audit.services.record import record
from apps.merchants.models import Member, Merchant


@transaction.atomic
def give_membership(
    payload: Mapping[str, Any],
    *,
    requested_by: str,
    approved_by: str,
    reason: str,
    now: datetime,
) -> None:
    """What the action "member.give" does: a person may act for a merchant, in this role.

    Args:
        payload: merchant_id, user_id, role, and role_before: "" of one who has none yet.

    Raises:
        RightsChanged: her role there is another by now.
        RightsByOne: nobody else agreed, or it is she who approves.
    """
    if approved_by in ("", requested_by, f"user:{payload['user_id']}"):
        raise RightsByOne
    # In turn, whoever approves what for this merchant; payments go on.
    merchant = Merchant.objects.select_for_update(no_key=True).get(pk=UUID(payload["merchant_id"]))
    member = Member.objects.filter(merchant=merchant, user_id=payload["user_id"]).first()
    if (member.role if member else "") != payload["role_before"]:
        raise RightsChanged
    if member is None:
        member = Member(merchant=merchant, user_id=payload["user_id"], created_at=now)
    member.role = payload["role"]
    member.save()
    record(
        actor=requested_by,
        action="member.give",
        target=member.public_id,
        detail={
            "merchant": merchant.public_id,
            "user": f"user:{payload['user_id']}",
            "role": [payload["role_before"], payload["role"]],
            "approved_by": approved_by,
        },
        now=now,
    )
