"""Who may confirm that a payee is right though the rail has another person's name, and when."""

from __future__ import annotations

from collections.abc import Collection

from django.utils.translation import gettext_lazy as _

from apps.core.errors import DomainError
from apps.payout_batches.models import NameCheck, NameResult, PayoutBatch, PayoutBatchLine


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
    title = "Who corrected this line cannot confirm its payee."
    staff_words = _("Who corrected this line cannot confirm its payee.")


class PayeeNameErased(DomainError):
    code = "payout_batch_payee_name_erased"
    status = 409
    title = "The name that the rail has was erased after 30 days: have it checked anew."
    staff_words = _("The name at the operator was erased after 30 days: have it checked anew.")


def refuse_confirmation(
    batch: PayoutBatch,
    line: PayoutBatchLine,
    check: NameCheck | None,
    *,
    names: Collection[str],
) -> None:
    """Raise what she is refused with who is called so in `created_by` and `correctors`, if she is.

    Raises:
        PayeeNotDifferent, PayeeConfirmedByMaker, PayeeConfirmedByCorrector.
        PayeeNameErased: nobody can see any more whom she would confirm.
    """
    if batch.created_by in names:
        raise PayeeConfirmedByMaker("Have another person or key confirm it.")
    if check is None or check.result != NameResult.DIFFERENT:
        raise PayeeNotDifferent("Look at its name_check.")
    if {check.corrected_by, *line.correctors} & {*names} - {""}:
        raise PayeeConfirmedByCorrector("Have another person or key confirm it.")
    if check.rail_name_encrypted is None and not check.is_confirmed:
        raise PayeeNameErased("Correct the line, even with what it has: its name is checked anew.")
