from __future__ import annotations

from datetime import datetime
from itertools import count
from uuid import UUID

from apps.orchestration.models import Attempt
from apps.orchestration.rules.order_reference import first_reference, owner_id_of, repeated


def unused_owner_id(name: str, *, now: datetime) -> UUID:
    """As `owner_id_of`, for the name of a request: an order that we know of has had its reference
    under the same key, and is another."""
    ids = (owner_id_of(repeated(name, times), now=now) for times in count())
    return next(one for one in ids if not _is_known(first_reference(one)))


def _is_known(reference: UUID) -> bool:
    return Attempt.objects.filter(reference=reference).exists()
