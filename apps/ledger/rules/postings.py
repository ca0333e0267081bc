"""What each kind of transfer takes from whom and gives to whom: the one table of bookings,
but for what two people put right.

Other apps name kinds by this module and know neither accounts nor models.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import NamedTuple

from apps.ledger.models import AccountKind
from apps.ledger.models import TransferKind as TransferKind


class Posting(NamedTuple):
    from_kind: AccountKind
    to_kind: AccountKind


CLEARING = AccountKind.PROVIDER_CLEARING
PAYABLE = AccountKind.MERCHANT_PAYABLE
HELD = AccountKind.MERCHANT_HELD
PENDING = AccountKind.MERCHANT_PENDING
RESERVE = AccountKind.MERCHANT_RESERVE
FEES = AccountKind.FEE_REVENUE
TAXES = AccountKind.TAX_PAYABLE
BANK = AccountKind.BANK
WRITE_OFFS = AccountKind.WRITE_OFF

# By rules.corrections alone, which says between which accounts.
CORRECTIONS: Mapping[TransferKind, str | None] = {
    TransferKind.CORRECTION_IN: "in",
    TransferKind.CORRECTION_OUT: "out",
    TransferKind.CORRECTION: None,
}

POSTINGS: Mapping[TransferKind, Posting] = {
    TransferKind.GROSS: Posting(CLEARING, PAYABLE),
    TransferKind.FEE: Posting(PAYABLE, FEES),
    TransferKind.FEE_TAX: Posting(PAYABLE, TAXES),
    TransferKind.REFUND_HELD: Posting(PAYABLE, HELD),
    TransferKind.REFUND_RETURNED: Posting(HELD, PAYABLE),
    TransferKind.REFUND_SENT: Posting(HELD, CLEARING),
    TransferKind.PAYOUT_HELD: Posting(PAYABLE, HELD),
    TransferKind.PAYOUT_RETURNED: Posting(HELD, PAYABLE),
    TransferKind.PAYOUT_SENT: Posting(HELD, CLEARING),
    TransferKind.PAYOUT_FEE_HELD: Posting(PAYABLE, HELD),
    TransferKind.PAYOUT_FEE_BACK: Posting(HELD, PAYABLE),
    TransferKind.PAYOUT_FEE: Posting(HELD, FEES),
    TransferKind.PAYOUT_TAX_HELD: Posting(PAYABLE, HELD),
    TransferKind.PAYOUT_TAX_BACK: Posting(HELD, PAYABLE),
    TransferKind.PAYOUT_TAX: Posting(HELD, TAXES),
    TransferKind.REFUND_FEE_HELD: Posting(PAYABLE, HELD),
    TransferKind.REFUND_FEE_BACK: Posting(HELD, PAYABLE),
    TransferKind.REFUND_FEE: Posting(HELD, FEES),
    TransferKind.REFUND_TAX_HELD: Posting(PAYABLE, HELD),
    TransferKind.REFUND_TAX_BACK: Posting(HELD, PAYABLE),
    TransferKind.REFUND_TAX: Posting(HELD, TAXES),
    TransferKind.COLLECT_FEE_BACK: Posting(FEES, PAYABLE),
    TransferKind.COLLECT_TAX_BACK: Posting(TAXES, PAYABLE),
    TransferKind.DISPUTE_HELD: Posting(PAYABLE, HELD),
    TransferKind.DISPUTE_RETURNED: Posting(HELD, PAYABLE),
    TransferKind.DISPUTE_LOST: Posting(HELD, CLEARING),
    TransferKind.BATCH_HELD: Posting(PAYABLE, HELD),
    # Its payouts hold it from here on, each for itself.
    TransferKind.BATCH_RELEASED: Posting(HELD, PAYABLE),
    TransferKind.BATCH_RETURNED: Posting(HELD, PAYABLE),
    TransferKind.PENDING_GROSS: Posting(CLEARING, PENDING),
    TransferKind.PENDING_FEE: Posting(PENDING, FEES),
    TransferKind.PENDING_FEE_TAX: Posting(PENDING, TAXES),
    TransferKind.RELEASED: Posting(PENDING, PAYABLE),
    TransferKind.RESERVE_HELD: Posting(PAYABLE, RESERVE),
    TransferKind.PENDING_RESERVE: Posting(PENDING, RESERVE),
    TransferKind.RESERVE_RELEASED: Posting(RESERVE, PAYABLE),
    TransferKind.SETTLE_HELD: Posting(PAYABLE, HELD),
    # Its payout holds it from here on.
    TransferKind.SETTLE_RELEASED: Posting(HELD, PAYABLE),
    TransferKind.SETTLE_RETURNED: Posting(HELD, PAYABLE),
    TransferKind.SETTLE_SENT: Posting(HELD, BANK),
    # What the provider owes us becomes less, or more.
    TransferKind.LOSS_WRITTEN_OFF: Posting(WRITE_OFFS, CLEARING),
    TransferKind.GAIN_WRITTEN_OFF: Posting(CLEARING, WRITE_OFFS),
}

# What a transfer books: the prefix of its public id, by kind.
SOURCES: Mapping[TransferKind, str] = {
    TransferKind.GROSS: "pay",
    TransferKind.FEE: "pay",
    TransferKind.FEE_TAX: "pay",
    TransferKind.REFUND_HELD: "ref",
    TransferKind.REFUND_RETURNED: "ref",
    TransferKind.REFUND_SENT: "ref",
    TransferKind.PAYOUT_HELD: "po",
    TransferKind.PAYOUT_RETURNED: "po",
    TransferKind.PAYOUT_SENT: "po",
    TransferKind.PAYOUT_FEE_HELD: "po",
    TransferKind.PAYOUT_FEE_BACK: "po",
    TransferKind.PAYOUT_FEE: "po",
    TransferKind.PAYOUT_TAX_HELD: "po",
    TransferKind.PAYOUT_TAX_BACK: "po",
    TransferKind.PAYOUT_TAX: "po",
    TransferKind.REFUND_FEE_HELD: "ref",
    TransferKind.REFUND_FEE_BACK: "ref",
    TransferKind.REFUND_FEE: "ref",
    TransferKind.REFUND_TAX_HELD: "ref",
    TransferKind.REFUND_TAX_BACK: "ref",
    TransferKind.REFUND_TAX: "ref",
    TransferKind.COLLECT_FEE_BACK: "ref",
    TransferKind.COLLECT_TAX_BACK: "ref",
    TransferKind.DISPUTE_HELD: "dis",
    TransferKind.DISPUTE_RETURNED: "dis",
    TransferKind.DISPUTE_LOST: "dis",
    TransferKind.BATCH_HELD: "pob",
    TransferKind.BATCH_RELEASED: "pob",
    TransferKind.BATCH_RETURNED: "pob",
    TransferKind.PENDING_GROSS: "pay",
    TransferKind.PENDING_FEE: "pay",
    TransferKind.PENDING_FEE_TAX: "pay",
    TransferKind.RELEASED: "rel",
    TransferKind.RESERVE_HELD: "pay",
    TransferKind.PENDING_RESERVE: "pay",
    TransferKind.RESERVE_RELEASED: "rsr",
    TransferKind.SETTLE_HELD: "set",
    TransferKind.SETTLE_RELEASED: "set",
    TransferKind.SETTLE_RETURNED: "set",
    TransferKind.SETTLE_SENT: "set",
    TransferKind.LOSS_WRITTEN_OFF: "dsc",
    TransferKind.GAIN_WRITTEN_OFF: "dsc",
    **dict.fromkeys(CORRECTIONS, "cor"),
}

# What a payment books, while it becomes available later.
WHILE_PENDING: Mapping[TransferKind, TransferKind] = {
    TransferKind.GROSS: TransferKind.PENDING_GROSS,
    TransferKind.FEE: TransferKind.PENDING_FEE,
    TransferKind.FEE_TAX: TransferKind.PENDING_FEE_TAX,
    TransferKind.RESERVE_HELD: TransferKind.PENDING_RESERVE,
}

# What merchants read of a `kind`.
MOVEMENT = (
    "What moved: gross is what was paid, fee and fee_tax what is kept of it. What ends in _held is"
    " set aside, in _returned or _back it is yours again."
)

# Seen from what a merchant may ask for: the others do not change it.
DIRECTIONS: Mapping[TransferKind, str] = {
    **{
        kind: "in" if posting.to_kind is PAYABLE else "out"
        for kind, posting in POSTINGS.items()
        if PAYABLE in posting
    },
    **{kind: direction for kind, direction in CORRECTIONS.items() if direction},
}
