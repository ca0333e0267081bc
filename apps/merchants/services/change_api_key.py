from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime
from ipaddress import ip_network
from typing import TypedDict
from uuid import UUID

from django.db import transaction

from apps.audit.services.record import record
from apps.core.errors import DomainError
from apps.merchants.caller import Caller
from apps.merchants.events import tell
from apps.merchants.granting import check_may_change
from apps.merchants.models import ApiKey
from apps.merchants.rotation_schedule import LAST_WARNING, rotation_start
from apps.merchants.rules.event_types import UPDATED
from apps.merchants.services.grant_api_key import ExpiryPast


class ApiKeyNotActive(DomainError):
    code = "api_key_not_active"
    status = 409
    title = "This API key is revoked, expired or waits to be collected."


class ScopesFixed(DomainError):
    code = "scopes_fixed"
    status = 422
    title = "The scopes of a secret key stay."


class RotationUnderWay(DomainError):
    code = "rotation_under_way"
    status = 409
    title = "A successor of this key waits to be collected."


class KeyChanges(TypedDict, total=False):
    """What is to be changed; what is not named stays."""

    label: str
    scopes: Sequence[str]
    allowed_addresses: Sequence[str]
    expires_at: datetime | None
    rotate_every_days: int | None


@transaction.atomic
def change_api_key(
    *, api_key_id: UUID, changes: KeyChanges, caller: Caller, now: datetime
) -> ApiKey:
    """Change a living key; takes effect within a second. Returns it with its `successor_id`.

    Raises:
        ApiKeyNotActive: it lives no more, or not yet.
        ScopesFixed: a secret key has what it was made with.
        RotationUnderWay: its end and its schedule are being carried out.
        ScopeNotGrantable, ExpiryNotGrantable, AddressNotGrantable: it would get what the
            caller lacks; a key cannot widen or lengthen itself.
        ExpiryPast: `expires_at` is not to come; to end a key now, revoke it.
    """
    api_key = ApiKey.objects.with_successor().select_for_update(of=("self",)).get(pk=api_key_id)
    if api_key.status(now=now) != ApiKey.Status.ACTIVE:
        raise ApiKeyNotActive("Make a new one.")
    caller, before = _as_it_is_now(caller, api_key), api_key.rights
    changed = [name for name, value in changes.items() if getattr(api_key, name) != value]
    if "scopes" in changes:
        if api_key.kind == ApiKey.Kind.SECRET:
            raise ScopesFixed("Make a restricted key instead.", field="scopes")
        api_key.scopes = list(changes["scopes"])
    if "allowed_addresses" in changed:
        api_key.allowed_addresses = list(changes["allowed_addresses"])
    if "label" in changes:
        api_key.label = changes["label"]
    if {"expires_at", "rotate_every_days"} & set(changed):
        _reschedule(api_key, changes, now=now)
    if not changed:
        return api_key
    check_may_change(caller, before, api_key.rights)
    api_key.save()
    record(
        actor=caller.actor,
        action="api_key.change",
        target=api_key.public_id,
        detail={"changed": sorted(changed), "scopes": sorted(api_key.scopes)},
        now=now,
    )
    tell(api_key, UPDATED, now=now)
    return api_key


def _as_it_is_now(caller: Caller, api_key: ApiKey) -> Caller:
    """A key that changes itself may be remembered with rights it has just lost."""
    if caller.credential != api_key.public_id:
        return caller
    return replace(
        caller,
        scopes=frozenset(api_key.scopes),
        expires_at=api_key.expires_at,
        networks=tuple(ip_network(text) for text in api_key.allowed_addresses),
    )


def _reschedule(api_key: ApiKey, changes: KeyChanges, *, now: datetime) -> None:
    if api_key.rotation_ends_at is not None:
        raise RotationUnderWay("Collect or revoke the successor first.")
    if "expires_at" in changes and changes["expires_at"] != api_key.expires_at:
        expires_at = changes["expires_at"]
        if expires_at is not None and expires_at <= now:
            raise ExpiryPast("Send an instant to come, or revoke the key.", field="expires_at")
        is_told = expires_at is not None and expires_at <= now + LAST_WARNING
        api_key.expires_at = expires_at
        api_key.expiry_told_at = now if is_told else None
    if "rotate_every_days" in changes:
        api_key.rotate_every_days = changes["rotate_every_days"]
    if api_key.successor_id is None:
        start = rotation_start(
            api_key.rotate_every_days,
            issued_at=api_key.collected_at or api_key.created_at,
            expires_at=api_key.expires_at,
        )
        api_key.rotation_starts_at = start and max(start, now)
