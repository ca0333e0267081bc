"""What became of orders, by the provider's own books: every name is a fault of these orders."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from apps.core.public_ids import encode_id
from tests.chaos.orders import Order
from tests.chaos.platform import Platform

PAYMENTS = """
SELECT p.id, p.merchant_reference AS reference, p.status, p.failure_code, p.amount, p.fee,
       p.sequence,
       ARRAY(SELECT a.statement_reference FROM payments_attempt a
              WHERE a.payment_id = p.id) AS attempts,
       ARRAY(SELECT t.amount FROM ledger_transfer t
              WHERE t.source_id = p.id AND t.kind = 'gross') AS gross,
       ARRAY(SELECT t.amount FROM ledger_transfer t
              WHERE t.source_id = p.id AND t.kind = 'fee') AS fees,
       ARRAY(SELECT e.sequence FROM webhooks_event e
              WHERE e.object_id = p.id ORDER BY e.sequence) AS told,
       ARRAY(SELECT e.sequence FROM webhooks_event e
               JOIN webhooks_delivery d ON d.event_id = e.id
              WHERE e.object_id = p.id) AS promised
  FROM payments_payment p
"""


@dataclass(frozen=True)
class Evidence:
    """All that is known, by us, by the provider and by the merchant's receiver."""

    payments: dict[str, list[dict[str, Any]]]
    book: dict[str, dict[str, Any]]
    received: set[tuple[str, int]]

    @classmethod
    def taken_from(cls, platform: Platform) -> Evidence:
        payments: dict[str, list[dict[str, Any]]] = {}
        for row in platform.rows(PAYMENTS):
            payments.setdefault(row["reference"], []).append(row)
        return cls(payments, platform.book(), platform.received())

    def times_executed(self, payment: Mapping[str, Any]) -> int:
        """How often the provider took the money."""
        entries = [self.book.get(reference) for reference in payment["attempts"]]
        return sum(entry["times_executed"] for entry in entries if entry)

    def of(self, orders: Sequence[Order]) -> Evidence:
        """What concerns these orders."""
        own = {order.reference for order in orders}
        payments = {ref: rows for ref, rows in self.payments.items() if ref in own}
        return Evidence(payments, self.book, self.received)


@dataclass(frozen=True)
class Totals:
    """What a merchant's accountant would ask: each a number of orders, and should be 0."""

    lost: int
    double: int
    invented: int


def count_totals(orders: Sequence[Order], evidence: Evidence) -> Totals:
    """By our books, the provider's own and the merchant's answers.

    Lost: not created, or paid at the provider and not with us. Double: created, charged or booked
    more than once. Invented: with us and not at the provider, or never ordered.
    """
    lost = double = invented = 0
    for order in orders:
        own = evidence.payments.get(order.reference, [])
        executed = sum(evidence.times_executed(payment) for payment in own)
        booked = sum(len(payment["gross"]) for payment in own)
        is_paid = any(payment["status"] == "succeeded" for payment in own)
        lost += not order.is_created or not own or (executed > 0 and not (is_paid and booked))
        double += len(own) > 1 or executed > 1 or booked > 1
        invented += executed == 0 and (is_paid or booked > 0)
    ordered = {order.reference for order in orders}
    return Totals(lost, double, invented + len(evidence.payments.keys() - ordered))


def find_faults(orders: Sequence[Order], evidence: Evidence) -> dict[str, list[str]]:
    """Fault -> references. Empty if every order has one payment, in the state its provider knows,
    charged once, booked once, told completely, and the same answer to every request for it."""
    faults: dict[str, list[str]] = {}
    for order in orders:
        for fault in _faults(order, evidence):
            faults.setdefault(fault, []).append(order.reference)
    return faults


def _faults(order: Order, evidence: Evidence) -> Iterator[str]:
    own = evidence.payments.get(order.reference, [])
    if not order.is_created or not own:
        yield "lost"
        return
    if len(own) > 1:
        yield "created twice"
    if len(order.bodies()) != 1:
        yield "answered in two ways"
    payment = own[0]
    executed = evidence.times_executed(payment)
    is_paid = payment["status"] == "succeeded"
    if executed > 1:
        yield "charged twice"
    if order.payer.is_predictable and executed != order.payer.pays:
        yield "not what the payer did"
    if is_paid != bool(executed) or payment["status"] not in {"succeeded", "failed"}:
        yield f"not as in the provider's books: {payment['status']}"
    if (
        order.payer.is_predictable
        and not is_paid
        and payment["failure_code"] != order.payer.failure_code
    ):
        yield f"failed for another reason: {payment['failure_code']}"
    if payment["gross"] != [payment["amount"]] * is_paid:
        yield "not booked once"
    if payment["fees"] != [payment["fee"]] * is_paid:
        yield "fee not booked once"
    if payment["told"] != list(range(1, payment["sequence"] + 1)):
        yield "a change without its event"
    # The first event only repeats the answer to the request; the last tells the end.
    expected = {*payment["promised"], payment["sequence"]}
    public_id = encode_id("pay", payment["id"])
    if {(public_id, sequence) for sequence in expected} - evidence.received:
        yield "webhook missing"
