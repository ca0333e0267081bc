from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any
from uuid import UUID

from django.db import transaction
from django.utils.translation import gettext_lazy as _

from apps.access.rules.widenings import WIDENINGS
from apps.core.errors import DomainError
from apps.merchants.models import ApiKey


class LiveKeyChanged(DomainError):
    code = "live_key_changed"
    status = 409
    title = "The key may do other things by now than were shown."
    staff_words = _("The key may do other things by now than were shown. Ask for it again.")


@transaction.atomic
def widen_live_key(
    payload: Mapping[str, Any],
    *,
    requested_by: str,
    approved_by: str,
    reason: str,
    now: datetime,
) -> None:
    """What the actions "api_key.money_out" and "api_key.approval" do.

    Args:
        payload: api_key_id, the widening (rules.widenings), and scopes_before: what it might do
            when it was asked for.

    Raises:
        LiveKeyChanged: its scopes are others by now.
        What the widening refuses: see allow_money_out, allow_approval.
    """
    api_key = ApiKey.objects.select_for_update().get(pk=UUID(payload["api_key_id"]))
    if sorted(api_key.scopes) != payload["scopes_before"]:
        raise LiveKeyChanged
    WIDENINGS[payload["widening"]].widen(
        api_key_id=api_key.pk, actor=requested_by, approved_by=approved_by, now=now
    )
