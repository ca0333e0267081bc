from __future__ import annotations

from uuid import UUID

from apps.payout_batches.models import LineStatus, NameCheck, NameResult

SHOWN_MAX = 100


def confirmed_payees(batch_id: UUID) -> list[tuple[int, str]]:
    """The lines that are paid though the rail has another person's name, by number, with the
    reason: the first hundred. One query."""
    checks = NameCheck.objects.filter(
        batch_id=batch_id, result=NameResult.DIFFERENT, confirmed_at__isnull=False
    ).exclude(line__status__in=[LineStatus.INVALID, LineStatus.DROPPED])
    found = checks.order_by("line__number").values_list("line__number", "confirmation_reason")
    return list(found[:SHOWN_MAX])
