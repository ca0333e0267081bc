"""What may be put right by two people, and between which accounts.

What is held or pending waits for an end of its own, and nothing else takes from it: what left a
merchant by it comes back to what the merchant may ask for.
"""

from __future__ import annotations

from collections.abc import Mapping

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from apps.core.clean_text import clean_line
from apps.core.errors import DomainError
from apps.ledger.models import AccountKind, TransferKind
from apps.ledger.rules.postings import BANK, CLEARING, FEES, HELD, PAYABLE, TAXES, WRITE_OFFS

EVIDENCE_LENGTH_MAX = 120

# A merchant's, a provider's or the bank's money that moved, and the ledger does not know it.
ADJUSTABLE = frozenset(
    {
        frozenset({PAYABLE, CLEARING}),
        frozenset({PAYABLE, BANK}),
        frozenset({PAYABLE, FEES}),
        frozenset({PAYABLE, TAXES}),
        frozenset({PAYABLE, WRITE_OFFS}),
        frozenset({CLEARING, BANK}),
    }
)

# What left and came back, our fee for it, what was given up, and corrections themselves. A payment
# is taken back by a refund or a dispute, and its fee with it; a settlement by its own act.
REVERSIBLE = frozenset(
    {
        TransferKind.REFUND_SENT,
        TransferKind.REFUND_FEE,
        TransferKind.REFUND_TAX,
        TransferKind.PAYOUT_SENT,
        TransferKind.PAYOUT_FEE,
        TransferKind.PAYOUT_TAX,
        TransferKind.DISPUTE_LOST,
        TransferKind.LOSS_WRITTEN_OFF,
        TransferKind.GAIN_WRITTEN_OFF,
        TransferKind.CORRECTION_IN,
        TransferKind.CORRECTION_OUT,
        TransferKind.CORRECTION,
    }
)

# Where what is taken back goes to.
COMES_BACK_AS: Mapping[AccountKind, AccountKind] = {HELD: PAYABLE}


class CorrectionRefused(DomainError):
    code = "correction_refused"
    status = 409
    title = "This cannot be put right so."
    staff_words = gettext_lazy("This cannot be put right so.")


class AlreadyReversed(DomainError):
    code = "already_reversed"
    status = 409
    title = "This was taken back before."
    staff_words = gettext_lazy("This was taken back before.")


def kind_between(from_kind: AccountKind, to_kind: AccountKind) -> TransferKind:
    """Seen from what a merchant may ask for."""
    if to_kind == PAYABLE:
        return TransferKind.CORRECTION_IN
    return TransferKind.CORRECTION_OUT if from_kind == PAYABLE else TransferKind.CORRECTION


def is_adjustable(from_kind: str, to_kind: str) -> bool:
    return frozenset({from_kind, to_kind}) in ADJUSTABLE


def read_evidence(text: str) -> str:
    """It is kept for ever as it was typed: a bank's reference of many digits, hidden as if it were
    a phone number, would prove nothing.

    Raises:
        CorrectionRefused: blank, or longer than 120 characters.
    """
    evidence = clean_line(text, EVIDENCE_LENGTH_MAX + 1)
    if not evidence or len(evidence) > EVIDENCE_LENGTH_MAX:
        raise CorrectionRefused(
            _("Say what proves it, in 120 characters at most."), field="evidence"
        )
    return evidence
