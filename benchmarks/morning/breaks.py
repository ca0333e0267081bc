"""What is wrong with a morning's report: one function a kind, each with the lines it writes.

Its name is the kind's. It plants in the books and gives the lines of the day, with what each is.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import datetime, timedelta

from benchmarks.morning.books import DAY, ZONE, Books, Movement, fee_of, line_of

Planted = list[Movement]


def missing(books: Books) -> Planted:
    books.missing.add(books.attempt().id)
    return []


def extra(books: Books) -> Planted:
    amount = books.random.randrange(20, 900) * 50
    names = books.stranger(), books.stranger()
    return [Movement(*names, amount, fee_of(amount), books.moment(), "unknown")]


def duplicated(books: Books) -> Planted:
    attempt = books.attempt()
    return [line_of(attempt), line_of(attempt, "duplicate")]


def amount_off(books: Books) -> Planted:
    attempt = books.attempt()
    off = attempt.amount + books.random.choice([-5, 5, 100, -attempt.amount // 2])
    return [line_of(attempt, "amount", amount=off, fee=fee_of(off))]


def fee_off(books: Books) -> Planted:
    attempt = books.attempt()
    return [line_of(attempt, "fee", fee=fee_of(attempt.amount) + books.random.choice([2, 25]))]


def status(books: Books) -> Planted:
    attempt = books.attempt()
    return [line_of(attempt, "status", is_paid=False, fee=0)]


def paid_there_failed_here(books: Books) -> Planted:
    return [line_of(books.attempt(status="failed"), "status")]


def currency(books: Books) -> Planted:
    return [line_of(books.attempt(), "currency", currency="XOF")]


def damaged_id(books: Books) -> Planted:
    """A spreadsheet wrote the reference as a number. Nothing may be found by it."""
    attempt = books.attempt()
    books.missing.add(attempt.id)
    return [line_of(attempt, "unreadable", reference="", provider_reference="2.21E+11", attempt="")]


def swapped_reference(books: Books) -> Planted:
    first = books.attempt()
    second = books.attempt(amount=first.amount + 150)
    return [
        line_of(one, "amount", reference=other.reference, attempt=other.id)
        for one, other in ((first, second), (second, first))
    ]


def late_at_midnight(books: Books) -> Planted:
    """Of a second before midnight; it is in the report of the day after."""
    at = datetime(DAY.year, DAY.month, DAY.day, 23, 59, 59, tzinfo=ZONE)
    return [line_of(books.attempt(at=at), at=at + timedelta(seconds=3))]


def split_settlement(books: Books) -> Planted:
    name = f"S{books.number():06}"
    lines = [line_of(books.attempt(), settlement=name) for _ in range(3)]
    net = sum(line.amount - line.fee for line in lines)
    part = net // 3
    return [*lines, _total(books, name, part), _total(books, name, net - part)]


def net_settlement_with_refund(books: Books) -> Planted:
    name = f"S{books.number():06}"
    paid = [line_of(books.attempt(amount=amount), settlement=name) for amount in (1_500, 2_500)]
    back = line_of(books.attempt(kind="refund", amount=1_000), settlement=name)
    return [*paid, back, _total(books, name, sum(one.amount - one.fee for one in paid) - 1_000)]


def settlement_off(books: Books) -> Planted:
    name = f"S{books.number():06}"
    lines = [line_of(books.attempt(), settlement=name) for _ in range(2)]
    net = sum(line.amount - line.fee for line in lines)
    return [*lines, _total(books, name, net + 7, verdict="settlement_differs")]


def _total(books: Books, name: str, amount: int, verdict: str = "settlement") -> Movement:
    return Movement("", "", amount, 0, books.moment(), verdict, settlement=name)


def reversal(books: Books) -> Planted:
    """It came and left again on the same day; with us it had failed."""
    attempt = books.attempt(status="failed")
    return [line_of(attempt, "taken_back"), _back(books, line_of(attempt), "taken_back")]


def reversal_unknown(books: Books) -> Planted:
    """Taken back from us, and nobody of ours knows why."""
    line = line_of(books.attempt())
    return [line, _back(books, line, "unknown")]


def chargeback(books: Books) -> Planted:
    attempt = books.attempt()
    attempt.disputed = attempt.amount
    line = line_of(attempt)
    return [line, _back(books, line, "taken_back")]


def _back(books: Books, line: Movement, verdict: str) -> Movement:
    return Movement(
        line.reference,
        books.stranger(),
        line.amount,
        0,
        line.at + timedelta(minutes=20),
        verdict,
        has_left=True,
    )


def payout_twice(books: Books) -> Planted:
    """Two movements of their own for one instruction of ours."""
    attempt = books.attempt(kind="disburse")
    return [line_of(attempt), line_of(attempt, "duplicate", provider_reference=books.stranger())]


def same_amount_stranger(books: Books) -> Planted:
    """Of the very amount of a payment that is missing, and never that payment."""
    attempt = books.attempt()
    books.missing.add(attempt.id)
    return [
        Movement(
            books.stranger(),
            books.stranger(),
            attempt.amount,
            fee_of(attempt.amount),
            attempt.at,
            "unknown",
        )
    ]


ALL: tuple[Callable[[Books], Planted], ...] = (
    missing, extra, duplicated, amount_off, fee_off, status, paid_there_failed_here, currency,
    damaged_id, swapped_reference, late_at_midnight, split_settlement,
    net_settlement_with_refund, settlement_off, reversal, reversal_unknown, chargeback,
    payout_twice, same_amount_stranger,
)  # fmt: skip

# What some dialects have no way to say.
NEEDS: Mapping[str, str] = {
    "fee_off": "fees",
    "status": "outcomes",
    "currency": "currencies",
    "damaged_id": "bad_rows",
    "split_settlement": "settlements",
    "net_settlement_with_refund": "settlements",
    "settlement_off": "settlements",
}
