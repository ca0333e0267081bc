from __future__ import annotations

from collections.abc import Collection
from datetime import datetime
from uuid import UUID

from django.db import transaction
from django.utils.translation import gettext_lazy as _

from apps.audit.services.record import record
from apps.core.errors import DomainError
from apps.core.storable_text import storable_text
from apps.payout_batches.models import NameCheck, NameResult, PayoutBatchLine
from apps.payout_batches.selectors.find_line import find_line
from apps.payout_batches.selectors.lock_draft import lock_draft
from apps.vault.masked_text import mask_text

REASON_LENGTH_MAX = 300


class PayeeNotDifferent(DomainError):
    code = "payout_batch_line_not_different"
    status = 409
    title = "The rail does not name another person: there is nothing to confirm."
    staff_words = _("The operator does not name another person: there is nothing to confirm.")


class PayeeConfirmedByMaker(DomainError):
    code = "payout_batch_confirmation_by_maker"
    status = 403
    title = "Who made this batch cannot confirm its payees."
    staff_words = _("Who made this batch cannot confirm its payees.")


class PayeeConfirmedByCorrector(DomainError):
    code = "payout_batch_confirmation_by_corrector"
    status = 403
    title = "Who last corrected this line cannot confirm its payee."
    staff_words = _("Who last corrected this line cannot confirm its payee.")


class ConfirmationReasonMissing(DomainError):
    code = "payout_batch_confirmation_reason_missing"
    status = 422
    title = "Say why this payee is right."
    staff_words = _("Say why this payee is right, in 300 characters at most.")


@transaction.atomic
def confirm_payee(
    *,
    batch_id: UUID,
    number: int,
    confirmed_by: str,
    names: Collection[str] = (),
    reason: str,
    now: datetime,
) -> PayoutBatchLine:
    """Pay a line of a draft though the rail has another person's name. Whoever approves the batch
    sees it, with the reason. Safe to repeat: the first confirmation stands.

    Args:
        confirmed_by: whose act it is, see selectors.maker_of; "user:<id>" of staff.
        names: all that she may be called in `created_by` and `corrected_by` besides.
        reason: numbers in it are masked.

    Raises:
        BatchNotFound, BatchNotDraft, LineNotFound, PayeeNotDifferent, PayeeConfirmedByMaker,
        PayeeConfirmedByCorrector, ConfirmationReasonMissing.
    """
    batch = lock_draft(batch_id)
    if batch.created_by in {confirmed_by, *names}:
        raise PayeeConfirmedByMaker("Have another person or key confirm it.")
    line = find_line(batch, number)
    check = NameCheck.objects.select_for_update().filter(pk=line.pk).first()
    if check is None or check.result != NameResult.DIFFERENT:
        raise PayeeNotDifferent("Look at its name_check.")
    if check.corrected_by in {confirmed_by, *names}:
        raise PayeeConfirmedByCorrector("Have another person or key confirm it.")
    said = mask_text(storable_text(reason.strip(), REASON_LENGTH_MAX + 1))
    # What nobody can see is no reason.
    if not any(map(str.isalnum, said)) or len(said) > REASON_LENGTH_MAX:
        raise ConfirmationReasonMissing("In 300 characters at most.", field="reason")
    if not check.is_confirmed:
        check.confirmed_by, check.confirmed_at = confirmed_by, now
        check.confirmation_reason = said
        check.save(update_fields=["confirmed_by", "confirmed_at", "confirmation_reason"])
        record(
            actor=confirmed_by,
            action="payout_batch.confirm_payee",
            target=batch.public_id,
            detail={"line": number, "score": check.score, "reason": said},
            now=now,
        )
    line.name_check = check
    return line
