from __future__ import annotations

import logging
from collections.abc import Callable
from datetime import datetime, timedelta
from uuid import UUID

from django.db import OperationalError, transaction
from django.db.models import Q

from apps.audit.services.record import record
from apps.merchants.events import tell
from apps.merchants.models import ApiKey
from apps.merchants.rotation_schedule import LAST_WARNING, notice
from apps.merchants.rules.event_types import EXPIRED, EXPIRING, ROTATION_STARTED
from apps.merchants.services.email_merchant import email_merchant

logger = logging.getLogger(__name__)

# An hour more than is promised: run hourly, the last warning is in time and the end as planned.
WARNED_AHEAD = LAST_WARNING + timedelta(hours=1)
# Of each step in one run; the rest comes in the next.
KEYS_PER_RUN = 1_000


def rotate_due_keys(*, now: datetime) -> int:
    """Carry every automatic rotation one step further; returns how many steps were made.

    Safe to repeat, to run twice at the same time, and to be late by days: the end of a key is
    written only together with its announcement, at least a day ahead.

    1. A rotation falls due: a successor is made that waits to be collected (it has no secret
       yet), told by event and e-mail. The old key goes on; its end is planned a notice from now,
       seven days at most, however late this is.
    2. A day before a planned end, or whenever later this runs: the last warning. Only now the
       old key gets its end, a day from now at the earliest, whether or not the successor was
       collected. A key whose end was set by its maker is warned of in the same way, but keeps it.
    3. The end has passed: it is told.
    """
    soon = now + WARNED_AHEAD
    steps: tuple[tuple[Callable[[UUID, datetime], bool], Q], ...] = (
        (_start, Q(rotation_starts_at__lte=now)),
        (_warn, Q(rotation_ends_at__lte=soon, expiry_told_at=None)),
        (_warn, Q(expires_at__lte=soon, expires_at__gt=now, expiry_told_at=None)),
        (_tell_end, Q(expires_at__lte=now, end_told_at=None)),
    )
    done = 0
    for step, is_due in steps:
        due = ApiKey.objects.filter(is_due, revoked_at=None).order_by("id")
        for api_key_id in list(due.values_list("id", flat=True)[:KEYS_PER_RUN]):
            try:
                done += step(api_key_id, now)
            except OperationalError as error:
                # Somebody holds it; the others must not wait for it.
                logger.warning(
                    "key left for the next run",
                    extra={"api_key": str(api_key_id), "error": type(error).__name__},
                )
    return done


@transaction.atomic
def _start(api_key_id: UUID, now: datetime) -> bool:
    old = _lock(api_key_id)
    if old is None or old.rotation_starts_at is None or old.rotation_starts_at > now:
        return False
    old.rotation_starts_at = None
    if old.rotate_every_days is None or old.successor_id is not None:
        old.save(update_fields=["rotation_starts_at"])
        return False
    ends_at = now + notice(old.rotate_every_days)
    if old.expires_at is not None and old.expires_at <= ends_at:
        # It ends by itself before, as its maker wanted.
        old.save(update_fields=["rotation_starts_at"])
        return False
    successor = ApiKey.objects.create(
        merchant_id=old.merchant_id,
        livemode=old.livemode,
        kind=old.kind,
        label=old.label,
        digest=None,
        scopes=old.scopes,
        allowed_addresses=old.allowed_addresses,
        expires_at=old.expires_at,
        rotate_every_days=old.rotate_every_days,
        rotated_from=old,
        created_at=now,
    )
    old.successor_id = successor.pk
    old.rotation_ends_at = ends_at
    old.expiry_told_at = None
    if ends_at <= now + LAST_WARNING:
        # No room for another warning: this one says all.
        old.expires_at, old.expiry_told_at = ends_at, now
    old.save(
        update_fields=["rotation_starts_at", "rotation_ends_at", "expires_at", "expiry_told_at"]
    )
    record(
        actor="system",
        action="api_key.start_rotation",
        target=old.public_id,
        detail={"successor": successor.public_id, "ends_at": ends_at.isoformat()},
        now=now,
    )
    tell(old, ROTATION_STARTED, now=now)
    _email(old, "api_key_rotation_started", ends_at=ends_at, now=now)
    return True


@transaction.atomic
def _warn(api_key_id: UUID, now: datetime) -> bool:
    api_key = _lock(api_key_id)
    if api_key is None or api_key.expiry_told_at is not None:
        return False
    ends_at, soon = api_key.rotation_ends_at or api_key.expires_at, now + WARNED_AHEAD
    if ends_at is None or ends_at > soon or api_key.status(now=now) == ApiKey.Status.EXPIRED:
        return False
    if api_key.rotation_ends_at is not None:
        ends_at = max(ends_at, now + LAST_WARNING)
        ends_at = min(ends_at, api_key.expires_at or ends_at)
        api_key.rotation_ends_at = api_key.expires_at = ends_at
    api_key.expiry_told_at = now
    api_key.save(update_fields=["rotation_ends_at", "expires_at", "expiry_told_at"])
    tell(api_key, EXPIRING, now=now)
    if not api_key.is_waiting:
        _email(api_key, "api_key_expiring", ends_at=ends_at, now=now)
    return True


@transaction.atomic
def _tell_end(api_key_id: UUID, now: datetime) -> bool:
    api_key = _lock(api_key_id)
    if api_key is None or api_key.end_told_at is not None:
        return False
    if api_key.expires_at is None or api_key.expires_at > now:
        return False
    api_key.end_told_at = now
    api_key.rotation_starts_at = api_key.rotation_ends_at = None
    api_key.save(update_fields=["end_told_at", "rotation_starts_at", "rotation_ends_at"])
    tell(api_key, EXPIRED, now=now)
    return True


def _lock(api_key_id: UUID) -> ApiKey | None:
    """The key as it is now, unless it was revoked meanwhile."""
    return (
        ApiKey.objects.with_successor()
        .select_for_update(of=("self",))
        .filter(pk=api_key_id, revoked_at=None)
        .first()
    )


def _email(api_key: ApiKey, template: str, *, ends_at: datetime, now: datetime) -> None:
    waits = ApiKey.objects.filter(rotated_from=api_key, digest=None, revoked_at=None).exists()
    email_merchant(
        merchant_id=api_key.merchant_id,
        template=template,
        context={
            "key": str(api_key),
            "key_id": api_key.public_id,
            "label": api_key.label,
            "ends_at": ends_at.isoformat(),
            "successor_waits": "yes" if waits else "",
            "another_warning": "" if api_key.expiry_told_at else "yes",
        },
        now=now,
    )
