from __future__ import annotations

from uuid import UUID

from django.utils.translation import gettext_lazy as _

from apps.core.errors import DomainError
from apps.core.pagination import unknown_place
from apps.payout_batches.models import PayoutBatch, PayoutBatchLine

LINE_PREFIX = "pobl"


class LineNotFound(DomainError):
    code = "payout_batch_line_not_found"
    status = 404
    title = "The batch has no line of this number."
    staff_words = _("The batch has no line of this number.")


def find_line(batch: PayoutBatch, number: int) -> PayoutBatchLine:
    """The line of this number. One query. Raises LineNotFound."""
    line = (
        PayoutBatchLine.objects.select_related("name_check")
        .filter(batch=batch, number=number)
        .first()
    )
    if line is None:
        raise LineNotFound("Check the number: it is the one in the list of lines.", field="number")
    return line


def find_number(batch_id: UUID, line_id: UUID) -> int:
    """The number of the batch's line with this id. Raises InvalidPage: it has no such line."""
    lines = PayoutBatchLine.objects.filter(pk=line_id, batch_id=batch_id)
    number = lines.values_list("number", flat=True).first()
    if number is None:
        raise unknown_place(LINE_PREFIX)
    return number
