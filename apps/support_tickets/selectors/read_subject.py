from __future__ import annotations

from typing import Any
from uuid import UUID

from django.apps import apps

from apps.core.visible_rows import visible_rows
from apps.support_tickets.rules.subjects import Subject, subject_kinds


def read_subject(type: str, subject_id: UUID, *, user: Any = None) -> Subject | None:
    """What a ticket is (or is to be) about; None when there is no such thing, or `user`, where one
    asks who is of the staff, may not see it. One query."""
    kind = subject_kinds().get(type)
    if kind is None:
        return None
    rows = apps.get_model(kind.model)._default_manager.filter(pk=subject_id)
    if user is not None:
        rows = visible_rows(user, rows)
    found = rows.values_list(kind.merchant, kind.livemode).first()
    if found is None:
        return None
    merchant_id, livemode = found
    return Subject(
        type=type,
        id=subject_id,
        merchant_id=merchant_id,
        livemode=livemode,
        title=str(kind.name),
    )
