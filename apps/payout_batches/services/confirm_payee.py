from __future__ import annotations

import hmac
from collections.abc import Collection
from datetime import datetime
from uuid import UUID

from django.db import transaction
from django.utils.translation import gettext_lazy as _

from apps.audit.services.record import record
from apps.core.errors import DomainError
from apps.payout_batches.models import NameCheck, PayoutBatchLine
from apps.payout_batches.rules.may_confirm import refuse_confirmation
from apps.payout_batches.rules.name_digest import name_digest
from apps.payout_batches.selectors.find_line import find_line
from apps.payout_batches.selectors.lock_draft import lock_draft
from apps.vault.masked_text import reason_text

REASON_LENGTH_MAX = 300


class PayeeCheckChanged(DomainError):
    code = "payout_batch_payee_check_changed"
    status = 409
    title = "This is not the check of the payee that was shown. Look at it again."
    staff_words = _("This is not the check of the payee that was shown. Look at it again.")


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
    shown_digest: bytes,
    confirmed_by: str,
    names: Collection[str] = (),
    reason: str,
    now: datetime,
) -> PayoutBatchLine:
    """Pay a line of a draft though the rail has another person's name. Whoever approves the batch
    sees it, with the reason. Safe to repeat: the first confirmation stands.

    Args:
        shown_digest: of the check as she was shown it, see rules.name_digest.
        confirmed_by: whose act it is, see selectors.maker_of; "user:<id>" of staff.
        names: all that she may be called in `created_by` and `correctors` besides.
        reason: numbers in it are masked.

    Raises:
        BatchNotFound, BatchNotDraft, LineNotFound, PayeeNotDifferent, PayeeConfirmedByMaker,
        PayeeConfirmedByCorrector, PayeeNameErased, ConfirmationReasonMissing.
        PayeeCheckChanged: the line was corrected since, or its payee checked anew.
    """
    batch = lock_draft(batch_id)
    line = find_line(batch, number)
    check = NameCheck.objects.select_for_update().filter(pk=line.pk).first()
    refuse_confirmation(batch, line, check, names={confirmed_by, *names})
    assert check is not None  # noqa: S101 (for the type checker: it was refused)
    if not hmac.compare_digest(name_digest(line, check), shown_digest):
        raise PayeeCheckChanged("Get it, look at it, and send its digest.", field="digest")
    said = reason_text(reason, REASON_LENGTH_MAX)
    if not said:
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
