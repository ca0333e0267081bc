from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from django.db import transaction

from apps.audit.services.record import record
from apps.core.errors import DomainError
from apps.merchants.caller import Caller
from apps.merchants.events import tell
from apps.merchants.granting import check_may_give
from apps.merchants.models import ApiKey, DelegatedObject, Merchant
from apps.merchants.rights import Rights
from apps.merchants.rules.event_types import CREATED
from apps.merchants.scopes import CAME_LATER, SECRET_KEY
from apps.merchants.services.create_api_key import create_api_key
from apps.merchants.services.delegate_object import delegate_object

# Living keys of one merchant in one mode.
KEYS_MAX = 100


class TooManyApiKeys(DomainError):
    code = "too_many_api_keys"
    status = 422
    title = "There are too many API keys."


class ExpiryPast(DomainError):
    code = "expires_at_past"
    status = 422
    title = "The end lies in the past."


@transaction.atomic
def grant_api_key(
    *,
    caller: Caller,
    label: str = "",
    scopes: Sequence[str] | None = None,
    allowed_addresses: Sequence[str] = (),
    expires_at: datetime | None = None,
    rotate_every_days: int | None = None,
    now: datetime,
) -> tuple[ApiKey, str]:
    """A key made by a credential, of the same mode; returns it with its text, shown this once.

    Args:
        scopes: of a restricted key; None makes a secret key, which has scopes.SECRET_KEY; of what
            came later to these, what the caller has.

    Raises:
        ScopeNotGrantable, ExpiryNotGrantable, AddressNotGrantable: it would give more than the
            caller has.
        ExpiryPast: `expires_at` is not to come.
        TooManyApiKeys: the merchant has KEYS_MAX living ones in this mode.
    """
    kind = ApiKey.Kind.SECRET if scopes is None else ApiKey.Kind.RESTRICTED
    if scopes is None:
        scopes = [one for one in SECRET_KEY if one in caller.scopes or one not in CAME_LATER]
    wanted = Rights(
        scopes=scopes,
        addresses=allowed_addresses,
        expires_at=expires_at,
    )
    check_may_give(caller, wanted)
    if expires_at is not None and expires_at <= now:
        raise ExpiryPast("Send an instant to come.", field="expires_at")
    # One at a time, so that the limit holds; payments, which refer to the merchant, go on.
    Merchant.objects.select_for_update(no_key=True).get(pk=caller.merchant.pk)
    living = ApiKey.objects.filter(merchant=caller.merchant, livemode=caller.livemode)
    if living.living(now=now).count() >= KEYS_MAX:
        raise TooManyApiKeys(f"Revoke some: {KEYS_MAX} in each mode is the limit.")
    api_key, key = create_api_key(
        merchant=caller.merchant,
        livemode=caller.livemode,
        kind=kind,
        label=label,
        scopes=scopes,
        allowed_addresses=allowed_addresses,
        expires_at=expires_at,
        rotate_every_days=rotate_every_days,
        now=now,
    )
    delegate_object(
        caller=caller,
        kind=DelegatedObject.Kind.API_KEY,
        object_id=api_key.pk,
        scopes=scopes,
        now=now,
    )
    record(
        actor=caller.actor,
        action="api_key.create",
        target=api_key.public_id,
        detail={"kind": api_key.kind, "scopes": sorted(api_key.scopes)},
        now=now,
    )
    tell(api_key, CREATED, now=now)
    return api_key, key
