from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any
from uuid import UUID

from django.db import transaction
from django.utils.translation import gettext as _

from apps.core.failpoints import failpoint
from apps.core.money import EXPONENTS
from apps.ledger.rules.corrections import CorrectionRefused
from apps.ledger.rules.postings import CLEARING, PAYABLE
from apps.ledger.services.adjust_accounts import adjust_accounts
from apps.orchestration.selectors.load_attempts import load_attempts
from apps.reconciliation.models import Discrepancy
from apps.reconciliation.rules.write_off import is_given_up
from apps.reconciliation.services.lock_matching import lock_matching
from apps.reconciliation.services.lock_matching_of_attempt import MatchingUnderWay
from apps.reconciliation.services.record_decision import (
    Act,
    Decision,
    closing,
    lock_open,
    record_decision,
)
from apps.reconciliation.services.refuse_given_up import refuse_given_up


@transaction.atomic
def correct_ledger(
    payload: Mapping[str, Any],
    *,
    requested_by: str,
    approved_by: str,
    reason: str,
    now: datetime,
) -> None:
    """What the action "discrepancy.correct" does: what the provider has, and our books do not, is
    the merchant's or at our bank, or the reverse. It is booked there, and the discrepancy closed.
    It is money: nothing of it is undone.

    Args:
        payload: `discrepancy_id`, `sequence` and `value` as they were shown; `amount`, the value
            without its sign, in minor units of `currency`; `correction_id`; `account`, of
            AccountKind, which stands against the provider's; `merchant_id` where it is a
            merchant's, else "".

    Raises:
        CorrectionRefused: no money is known of it, it is repaired otherwise, or it is another
            merchant's.
        WriteOffRefused: its money was booked before, by another discrepancy.
        AlreadyReversed: this one was booked.
        MatchingUnderWay: a report of the account is being matched.
        DiscrepancyClosed, DiscrepancyMoved: it is not what was shown.
    """
    known = Discrepancy.objects.get(pk=UUID(payload["discrepancy_id"]))
    if not lock_matching(known.provider_account_id, wait=False):
        raise MatchingUnderWay(
            _("A report of this account is being matched. Try again in a minute.")
        )
    row = lock_open(known.pk, sequence=payload["sequence"])
    _check(row, payload)
    refuse_given_up(row)
    account = payload["account"]
    # As a write-off is booked: what we had too much of goes from whose it is to the provider.
    from_kind, to_kind = (account, CLEARING) if row.value_at_risk > 0 else (CLEARING, account)
    correction = adjust_accounts(
        {
            "correction_id": payload["correction_id"],
            "from": str(from_kind),
            "to": str(to_kind),
            "merchant_id": payload["merchant_id"],
            "provider_account_id": str(row.provider_account_id),
            "amount": payload["amount"],
            "currency": payload["currency"],
            "livemode": row.provider_account.livemode,
            "evidence": row.public_id,
            "discrepancy_id": str(row.pk),
        },
        requested_by=requested_by,
        approved_by=approved_by,
        reason=reason,
        now=now,
    )
    failpoint("discrepancies.correct.after_booking")
    decision = Decision(Act.CORRECT, requested_by, reason, now)
    record_decision(
        row,
        decision,
        closing(Discrepancy.Status.CORRECTED, decision),
        detail={
            "approved_by": approved_by,
            "value": row.value_at_risk,
            "correction": correction.public_id,
        },
    )


def _check(row: Discrepancy, payload: Mapping[str, Any]) -> None:
    shown = (payload["value"], payload["amount"], payload["currency"])
    if (row.value_at_risk, abs(row.value_at_risk), row.currency) != shown:
        raise CorrectionRefused(_("The sum is not what was shown."))
    if row.currency not in EXPONENTS or not is_given_up(row.kind, row.value_at_risk):
        raise CorrectionRefused(
            _("%(id)s has no money to correct, or is repaired otherwise.") % {"id": row.public_id}
        )
    if payload["account"] != PAYABLE or row.attempt_id is None:
        return
    attempt = load_attempts([row.attempt_id])[row.attempt_id]
    if str(attempt.owner.merchant_id) != payload["merchant_id"]:
        raise CorrectionRefused(_("It is another merchant’s."), field="merchant")
