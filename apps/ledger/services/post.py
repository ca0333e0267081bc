from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from uuid import UUID

from apps.core.failpoints import failpoint
from apps.core.money import Money
from apps.ledger.models import AccountKind, PendingAmount, ReservedAmount, Transfer
from apps.ledger.rules.postings import POSTINGS, WHILE_PENDING, TransferKind
from apps.ledger.services.find_account import AccountKey, find_accounts
from apps.ledger.services.lock_reserves import lock_reserves

# Nobody else's.
PLATFORM_ACCOUNTS = {
    AccountKind.FEE_REVENUE,
    AccountKind.TAX_PAYABLE,
    AccountKind.BANK,
    AccountKind.WRITE_OFF,
}


# What a booking inserts.
Row = Transfer | PendingAmount | ReservedAmount


@dataclass(frozen=True, slots=True)
class Booking:
    """What is booked together; rules.postings says between which accounts.

    `merchant_id`: needed where a kind touches an account of a merchant's.
    `provider_account_id`: whose clearing account it is, needed where a kind touches one.
    `attempt_id`: the instruction that moved the money, or of a batch the step, if one did.
    `available_at`: of a payment, when the merchant may ask for it; None: at once.
    `reserved_until`: of a payment with a reserve, when the merchant may ask for that.
    `reserve_cap`: the most that the merchant's reserve may come to by it, in minor units.
    """

    amounts: Mapping[TransferKind, Money]
    merchant_id: UUID | None
    source_id: UUID
    livemode: bool
    provider_account_id: UUID | None = None
    attempt_id: UUID | None = None
    available_at: datetime | None = None
    reserved_until: datetime | None = None
    reserve_cap: int | None = None

    def account(self, kind: AccountKind, money: Money) -> AccountKey:
        owner_id = {
            AccountKind.PROVIDER_CLEARING: self.provider_account_id,
            AccountKind.MERCHANT_PAYABLE: self.merchant_id,
            AccountKind.MERCHANT_HELD: self.merchant_id,
            AccountKind.MERCHANT_PENDING: self.merchant_id,
            AccountKind.MERCHANT_RESERVE: self.merchant_id,
            AccountKind.FEE_REVENUE: None,
            AccountKind.TAX_PAYABLE: None,
            AccountKind.BANK: None,
            AccountKind.WRITE_OFF: None,
        }[kind]
        if owner_id is None and kind not in PLATFORM_ACCOUNTS:
            raise ValueError(f"{kind} without an owner")
        return AccountKey(kind, owner_id, money.currency, self.livemode)

    def kind(self, kind: TransferKind) -> TransferKind:
        return kind if self.available_at is None else WHILE_PENDING[kind]


def post(
    amounts: Mapping[TransferKind, Money],
    *,
    merchant_id: UUID | None,
    source_id: UUID,
    livemode: bool,
    now: datetime,
    provider_account_id: UUID | None = None,
    attempt_id: UUID | None = None,
) -> list[Row]:
    """The rows of one booking, unsaved, as `post_all` makes those of many."""
    booking = Booking(amounts, merchant_id, source_id, livemode, provider_account_id, attempt_id)
    return post_all([booking], now=now)


def post_all(bookings: Sequence[Booking], *, now: datetime) -> list[Row]:
    """The transfers of these bookings, and what of them is pending or kept in reserve, unsaved.

    The caller inserts them in the transaction of the change they book. The same kind a second
    time, for the same source and attempt, breaks a unique constraint. Nothing is booked of zero.
    Where a reserve has a cap, other bookings of the same reserve wait until the transaction ends.
    """
    if not bookings:
        return []
    failpoint("ledger.post.before_insert")
    sides = list(_sides(bookings))
    accounts = find_accounts(key for *_, from_key, to_key in sides for key in (from_key, to_key))
    # After the lock under which accounts are opened, as whoever books twice takes the two.
    capped = _within_caps(bookings)
    if capped is not bookings:
        bookings, sides = capped, list(_sides(capped))
    transfers = [
        Transfer(
            from_account_id=accounts[from_key],
            to_account_id=accounts[to_key],
            amount=money.amount,
            currency=money.currency,
            kind=kind,
            source_id=booking.source_id,
            attempt_id=booking.attempt_id,
            created_at=now,
        )
        for booking, kind, money, from_key, to_key in sides
    ]
    return [*transfers, *_pending_amounts(bookings), *_reserved_amounts(bookings)]


def _sides(
    bookings: Iterable[Booking],
) -> Iterator[tuple[Booking, TransferKind, Money, AccountKey, AccountKey]]:
    """Each amount with the accounts that it leaves and comes to; nothing of zero."""
    for booking in bookings:
        for named, money in booking.amounts.items():
            if money.amount:
                kind = booking.kind(named)
                from_kind, to_kind = POSTINGS[kind]
                yield (
                    booking,
                    kind,
                    money,
                    booking.account(from_kind, money),
                    booking.account(to_kind, money),
                )


def _within_caps(bookings: Sequence[Booking]) -> Sequence[Booking]:
    """Each with no more of its reserve than its cap has room for, one after the other."""
    reserves = {
        at: booking.account(AccountKind.MERCHANT_RESERVE, kept)
        for at, booking in enumerate(bookings)
        if booking.reserve_cap is not None
        and (kept := booking.amounts.get(TransferKind.RESERVE_HELD)) is not None
        and kept.amount
    }
    if not reserves:
        return bookings
    balances = lock_reserves(reserves.values())
    capped = list(bookings)
    for at, key in reserves.items():
        booking = bookings[at]
        room = max((booking.reserve_cap or 0) - balances[key], 0)
        kept = Money(min(booking.amounts[TransferKind.RESERVE_HELD].amount, room), key.currency)
        balances[key] += kept.amount
        amounts = {**booking.amounts, TransferKind.RESERVE_HELD: kept}
        capped[at] = replace(booking, amounts=amounts)
    return capped


def _pending_amounts(bookings: Sequence[Booking]) -> list[PendingAmount]:
    """What is left of each that becomes available later; nothing waits of what a fee took whole."""
    return [
        PendingAmount(
            source_id=booking.source_id,
            merchant_id=booking.merchant_id,
            provider_account_id=booking.provider_account_id,
            currency=gross.currency,
            livemode=booking.livemode,
            amount=left,
            available_at=booking.available_at,
        )
        for booking in bookings
        if booking.available_at is not None
        and booking.provider_account_id is not None
        and booking.merchant_id is not None
        for gross in [booking.amounts[TransferKind.GROSS]]
        if (left := 2 * gross.amount - sum(each.amount for each in booking.amounts.values()))
    ]


def _reserved_amounts(bookings: Sequence[Booking]) -> list[ReservedAmount]:
    return [
        ReservedAmount(
            source_id=booking.source_id,
            merchant_id=booking.merchant_id,
            provider_account_id=booking.provider_account_id,
            currency=kept.currency,
            livemode=booking.livemode,
            amount=kept.amount,
            available_at=booking.reserved_until,
        )
        for booking in bookings
        if booking.reserved_until is not None
        and booking.provider_account_id is not None
        and booking.merchant_id is not None
        and (kept := booking.amounts.get(TransferKind.RESERVE_HELD)) is not None
        and kept.amount
    ]
