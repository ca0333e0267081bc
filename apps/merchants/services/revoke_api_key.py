from __future__ import annotations

from datetime import datetime
from uuid import UUID

from django.db import transaction
from django.db.models import Q

from apps.audit.services.record import record
from apps.merchants.events import tell
from apps.merchants.models import ApiKey
from apps.merchants.rotation_schedule import rotation_start
from apps.merchants.rules.event_types import REVOKED


@transaction.atomic
def revoke_api_key(*, api_key_id: UUID, actor: str, now: datetime) -> ApiKey:
    """The key stops working within a second, on every process. Safe to repeat.

    A successor that waits to be collected goes with the key it was to replace. Revoking the
    waiting successor alone calls off the rotation: the next one begins an interval later.
    """
    # The old key and its successor, in the order in which everybody locks them.
    locked = ApiKey.objects.select_for_update().order_by("id")
    both = Q(pk=api_key_id) | Q(rotated_from=api_key_id, digest=None) | Q(successors=api_key_id)
    found = {key.pk: key for key in locked.filter(pk__in=ApiKey.objects.filter(both).values("pk"))}
    api_key = found.pop(api_key_id)
    if api_key.revoked_at is not None:
        return api_key
    _revoke(api_key, actor=actor, now=now)
    for other in found.values():
        if other.rotated_from_id == api_key.pk and other.revoked_at is None:
            _revoke(other, actor=actor, now=now)
        elif other.pk == api_key.rotated_from_id and api_key.is_waiting:
            other.rotation_ends_at = None
            other.rotation_starts_at = rotation_start(
                other.rotate_every_days, issued_at=now, expires_at=other.expires_at
            )
            other.save(update_fields=["rotation_ends_at", "rotation_starts_at"])
    return api_key


def _revoke(api_key: ApiKey, *, actor: str, now: datetime) -> None:
    api_key.revoked_at = now
    api_key.rotation_starts_at = api_key.rotation_ends_at = None
    api_key.save(update_fields=["revoked_at", "rotation_starts_at", "rotation_ends_at"])
    record(actor=actor, action="api_key.revoke", target=api_key.public_id, now=now)
    tell(api_key, REVOKED, now=now)
