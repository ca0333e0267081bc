from __future__ import annotations

from uuid import UUID

from django.apps import apps

from apps.support_tickets.rules.subjects import Subject, subject_kinds


def read_subject(type: str, subject_id: UUID) -> Subject | None:
    """What a ticket is (or is to be) about; None when there is no such thing. One query."""
    kind = subject_kinds().get(type)
    if kind is None:
        return None
    rows = apps.get_model(kind.model)._default_manager.filter(pk=subject_id)
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
