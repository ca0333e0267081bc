from __future__ import annotations

from datetime import datetime
from uuid import UUID

from django.db import transaction

from apps.core.errors import DomainError
from apps.merchants.api_key_format import SHOWN_LENGTH, digest_of, new_key
from apps.merchants.caller import Caller
from apps.merchants.models import ApiKey, DelegatedObject
from apps.merchants.rotation_schedule import LAST_WARNING, rotation_start
from apps.merchants.scopes import API_KEYS_WRITE
from apps.merchants.services.delegate_object import delegate_object
from apps.merchants.services.rotate_api_key import check_may_hold, end_after_overlap


class NotYourSuccessor(DomainError):
    code = "successor_not_yours"
    status = 403
    title = "Only the old key, or one that may write API keys, collects its successor."


class SuccessorNotFound(DomainError):
    code = "successor_not_found"
    status = 404
    title = "No successor of this key waits to be collected."


class SuccessorAlreadyCollected(DomainError):
    code = "successor_already_collected"
    status = 409
    title = "The successor was collected already."


@transaction.atomic
def collect_successor(*, api_key_id: UUID, caller: Caller, now: datetime) -> tuple[ApiKey, str]:
    """Make the secret of the successor that waits for this key; shown this once.

    The successor takes over the rights that the old key has by now. The old key then ends when
    the rotation was announced to end, at least a day from now, unless a last warning has named
    an end already: that end stays.

    Raises:
        NotYourSuccessor: the caller is neither that key nor allowed to write API keys.
        SuccessorNotFound: none waits.
        SuccessorAlreadyCollected: its secret was shown before; lost it? Revoke it and rotate.
        ScopeNotGrantable, ExpiryNotGrantable, AddressNotGrantable: another key, with more than
            the caller has.
    """
    old = ApiKey.objects.select_for_update().get(pk=api_key_id)
    if caller.credential != old.public_id and API_KEYS_WRITE not in caller.scopes:
        raise NotYourSuccessor("Call with the old key itself.")
    successor = ApiKey.objects.select_for_update().filter(rotated_from=old, revoked_at=None).first()
    if successor is None or successor.status(now=now) == ApiKey.Status.EXPIRED:
        raise SuccessorNotFound("Rotate the key, or wait until its rotation begins.")
    if not successor.is_waiting:
        raise SuccessorAlreadyCollected("If its secret is lost, revoke it and rotate the old key.")
    check_may_hold(caller, old, expires_at=successor.expires_at)
    key = new_key(kind=old.kind, livemode=old.livemode)
    successor.prefix = key[:SHOWN_LENGTH]
    successor.digest = digest_of(key)
    successor.kind, successor.scopes = old.kind, old.scopes
    successor.label, successor.allowed_addresses = old.label, old.allowed_addresses
    successor.rotate_every_days = old.rotate_every_days
    successor.rotation_starts_at = rotation_start(
        old.rotate_every_days, issued_at=now, expires_at=successor.expires_at
    )
    successor.collected_at = now
    successor.save()
    delegate_object(
        caller=caller,
        kind=DelegatedObject.Kind.API_KEY,
        object_id=successor.pk,
        scopes=successor.scopes,
        now=now,
    )
    ends_at = max(old.rotation_ends_at or now, now + LAST_WARNING)
    end_after_overlap(old, successor, ends_at=ends_at, actor=caller.actor, now=now)
    return successor, key
