from __future__ import annotations

from datetime import datetime
from uuid import UUID

from django.contrib.auth.models import AbstractBaseUser
from django.db import transaction
from django.utils.translation import gettext as _

from apps.audit.services.record import record
from apps.core.errors import DomainError
from apps.reconciliation.models import Discrepancy

REASON_LENGTH_MAX = 300


class ReasonMissing(DomainError):
    code = "reason_missing"
    title = "Say why, in 300 characters at most."


class DiscrepancyClosed(DomainError):
    code = "discrepancy_closed"
    status = 409
    title = "This discrepancy is already closed."


@transaction.atomic
def resolve_discrepancy(
    *, discrepancy_id: UUID, reason: str, resolved_by: AbstractBaseUser, now: datetime
) -> Discrepancy:
    """Close a discrepancy by a person's decision, who becomes its owner. Moves no money.

    Raises:
        ReasonMissing: blank, or longer than 300 characters.
        DiscrepancyClosed: repaired or resolved before.
    """
    reason = reason.strip()
    if not reason or len(reason) > REASON_LENGTH_MAX:
        raise ReasonMissing(_("Say why, in 300 characters at most."), field="reason")
    discrepancy = Discrepancy.objects.select_for_update().get(pk=discrepancy_id)
    if discrepancy.status != Discrepancy.Status.OPEN:
        raise DiscrepancyClosed(_("This discrepancy is already closed."))
    discrepancy.status = Discrepancy.Status.RESOLVED
    discrepancy.resolution = reason
    discrepancy.owner_id = resolved_by.pk
    discrepancy.closed_at = now
    discrepancy.save(update_fields=["status", "resolution", "owner", "closed_at"])
    record(
        actor=f"user:{resolved_by.pk}",
        action="discrepancy.resolve",
        target=discrepancy.public_id,
        detail={"kind": discrepancy.kind, "reason": reason},
        now=now,
    )
    return discrepancy
