from __future__ import annotations

from dataclasses import replace
from datetime import datetime, timedelta
from uuid import UUID

from django.db import transaction

from apps.audit.services.record import record
from apps.core.errors import DomainError
from apps.merchants.caller import Caller
from apps.merchants.events import tell
from apps.merchants.granting import check_may_give
from apps.merchants.models import ApiKey, DelegatedObject
from apps.merchants.rotation_schedule import LAST_WARNING
from apps.merchants.rules.event_types import ROTATED
from apps.merchants.services.change_api_key import ApiKeyNotActive
from apps.merchants.services.create_api_key import create_api_key
from apps.merchants.services.delegate_object import delegate_object
from apps.merchants.services.email_merchant import email_merchant
from apps.merchants.services.grant_api_key import KEYS_MAX, TooManyApiKeys

# Keys that end soon count beside their successors, up to this many.
ROTATING_MAX = 2 * KEYS_MAX


class ApiKeyAlreadyRotated(DomainError):
    code = "api_key_already_rotated"
    status = 409
    title = "This API key has a successor already."


@transaction.atomic
def rotate_api_key(
    *, api_key_id: UUID, overlap: timedelta, caller: Caller, now: datetime
) -> tuple[ApiKey, str]:
    """A new key with the same rights; the old one ends after the overlap, or sooner by itself.

    Returns the new key with its text, shown this once. The end is told by event and e-mail, and
    again a day before where the overlap is longer than that.

    Raises:
        ApiKeyNotActive: it is revoked, expired, or waits to be collected itself.
        ApiKeyAlreadyRotated: a living successor exists; one that waits is to be collected.
        ScopeNotGrantable, ExpiryNotGrantable, AddressNotGrantable: another key, with more than
            the caller has.
        TooManyApiKeys: ROTATING_MAX live in this mode.
    """
    old = ApiKey.objects.with_successor().select_for_update(of=("self",)).get(pk=api_key_id)
    if old.status(now=now) != ApiKey.Status.ACTIVE:
        raise ApiKeyNotActive("Make a new one.")
    if old.successor_id is not None:
        raise ApiKeyAlreadyRotated("Rotate or collect the successor that the key names.")
    check_may_hold(caller, old, expires_at=old.expires_at)
    living = ApiKey.objects.filter(merchant_id=old.merchant_id, livemode=old.livemode)
    if living.living(now=now).count() >= ROTATING_MAX:
        raise TooManyApiKeys(f"Revoke some: {ROTATING_MAX} in each mode is the limit.")
    successor, key = create_api_key(
        merchant=caller.merchant,
        livemode=old.livemode,
        kind=ApiKey.Kind(old.kind),
        label=old.label,
        scopes=old.scopes,
        allowed_addresses=old.allowed_addresses,
        expires_at=old.expires_at,
        rotate_every_days=old.rotate_every_days,
        rotated_from=old,
        now=now,
    )
    delegate_object(
        caller=caller,
        kind=DelegatedObject.Kind.API_KEY,
        object_id=successor.pk,
        scopes=successor.scopes,
        now=now,
    )
    end_after_overlap(old, successor, ends_at=now + overlap, actor=caller.actor, now=now)
    return successor, key


def check_may_hold(caller: Caller, api_key: ApiKey, *, expires_at: datetime | None) -> None:
    """Raise what granting raises unless the caller could have made such a key, or is that key."""
    if caller.credential != api_key.public_id:
        check_may_give(caller, replace(api_key.rights, expires_at=expires_at))


def end_after_overlap(
    old: ApiKey, successor: ApiKey, *, ends_at: datetime, actor: str, now: datetime
) -> None:
    """The last chapter of every rotation: the old key's end is set, and told."""
    old.expires_at = min(ends_at, old.expires_at or ends_at)
    old.expiry_told_at = now if old.expires_at <= now + LAST_WARNING else None
    old.rotation_starts_at = old.rotation_ends_at = None
    old.successor_id = successor.pk
    old.save(
        update_fields=["expires_at", "expiry_told_at", "rotation_starts_at", "rotation_ends_at"]
    )
    record(
        actor=actor,
        action="api_key.rotate",
        target=old.public_id,
        detail={"successor": successor.public_id, "ends_at": old.expires_at.isoformat()},
        now=now,
    )
    tell(old, ROTATED, now=now)
    email_merchant(
        merchant_id=old.merchant_id,
        template="api_key_rotated",
        context={
            "key": str(old),
            "label": old.label,
            "successor": str(successor),
            "ends_at": old.expires_at.isoformat(),
        },
        now=now,
    )
