from __future__ import annotations

from uuid import UUID

from django.utils.translation import gettext_lazy as _

from apps.core.errors import DomainError
from apps.payout_batches.models import BatchStatus, PayoutBatch
from apps.payout_batches.selectors.find_batch import BatchNotFound


class BatchNotDraft(DomainError):
    code = "payout_batch_not_draft"
    status = 409
    title = "The batch is no draft: its lines do not change any more."
    staff_words = _("The batch is no draft: its lines do not change any more.")


def lock_draft(batch_id: UUID) -> PayoutBatch:
    """The batch, locked: whoever changes a line or submits it comes one after the other.

    Raises BatchNotFound, BatchNotDraft.
    """
    batch = PayoutBatch.objects.select_for_update(of=("self",)).filter(pk=batch_id).first()
    if batch is None:
        raise BatchNotFound
    if batch.status != BatchStatus.DRAFT:
        raise BatchNotDraft(f"It is {batch.status}.")
    return batch
