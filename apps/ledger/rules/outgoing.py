"""What is booked of money that leaves by an instruction: of its amount, of the fee and of the tax
on it alike, each held first, then gone or the merchant's again."""

from __future__ import annotations

from collections.abc import Mapping
from typing import NamedTuple, Protocol

from apps.core.money import Money
from apps.ledger.rules.postings import TransferKind


class Steps(NamedTuple):
    held: TransferKind
    returned: TransferKind
    sent: TransferKind


class OutgoingKinds(NamedTuple):
    amount: Steps
    fee: Steps
    tax: Steps


class Outgoing(Protocol):
    """A row of what leaves; amounts are minor units of its currency."""

    amount: int
    fee: int
    fee_tax: int
    currency: str


PAYOUT_KINDS = OutgoingKinds(
    Steps(TransferKind.PAYOUT_HELD, TransferKind.PAYOUT_RETURNED, TransferKind.PAYOUT_SENT),
    Steps(TransferKind.PAYOUT_FEE_HELD, TransferKind.PAYOUT_FEE_BACK, TransferKind.PAYOUT_FEE),
    Steps(TransferKind.PAYOUT_TAX_HELD, TransferKind.PAYOUT_TAX_BACK, TransferKind.PAYOUT_TAX),
)
REFUND_KINDS = OutgoingKinds(
    Steps(TransferKind.REFUND_HELD, TransferKind.REFUND_RETURNED, TransferKind.REFUND_SENT),
    Steps(TransferKind.REFUND_FEE_HELD, TransferKind.REFUND_FEE_BACK, TransferKind.REFUND_FEE),
    Steps(TransferKind.REFUND_TAX_HELD, TransferKind.REFUND_TAX_BACK, TransferKind.REFUND_TAX),
)


def amounts_of(row: Outgoing, kinds: OutgoingKinds, *steps: str) -> Mapping[TransferKind, Money]:
    """What is booked of all its parts at these steps, by kind; zero where nothing is charged.

    Args:
        steps: names of Steps.
    """
    parts = ((kinds.amount, row.amount), (kinds.fee, row.fee), (kinds.tax, row.fee_tax))
    return {
        getattr(part, step): Money(amount, row.currency) for step in steps for part, amount in parts
    }
