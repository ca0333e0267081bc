from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

from django.db import transaction

from apps.audit.services.record import record
from apps.merchants.events import tell
from apps.merchants.models import ApiKey
from apps.merchants.rules.event_types import CREATED
from apps.merchants.scopes import SECRET_KEY
from apps.merchants.services.make_key_for_merchant import LiveKeyByOne, lock_for_key


@transaction.atomic
def offer_live_key(
    *,
    api_key_id: UUID,
    merchant_id: UUID,
    label: str,
    allowed_addresses: Sequence[str] = (),
    rotate_every_days: int | None = None,
    asked_by: str,
    approved_by: str,
    now: datetime,
) -> ApiKey:
    """A live key that two people of the staff agreed on, as a merchant's first. It has no text yet:
    who asked collects it (`collect_live_key`). No money leaves by it until `allow_money_out`.

    Raises:
        LiveKeyByOne: nobody else agreed.
        KeyMadeAlready, TooManyApiKeys, MerchantDisabled: as make_key_for_merchant.
    """
    if approved_by in ("", asked_by):
        raise LiveKeyByOne
    merchant = lock_for_key(merchant_id, livemode=True, label=label, now=now)
    api_key = ApiKey.objects.create(
        id=api_key_id,
        merchant=merchant,
        livemode=True,
        label=label,
        scopes=list(SECRET_KEY),
        allowed_addresses=list(allowed_addresses),
        rotate_every_days=rotate_every_days,
        asked_by=asked_by,
        created_at=now,
    )
    record(
        actor=asked_by,
        action="api_key.create",
        target=api_key.public_id,
        detail={
            "kind": api_key.kind,
            "scopes": sorted(api_key.scopes),
            "approved_by": approved_by,
        },
        now=now,
    )
    tell(api_key, CREATED, now=now)
    return api_key
