"""What became of orders, by the provider's own books: every name is a fault of these orders."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from apps.core.public_ids import encode_id
from tests.chaos.orders import Order
from tests.chaos.platform import OWNERS, Platform

OWNED = f"""
SELECT o.id, o.operation, o.reference, o.status, o.failure_code, o.amount, o.fee, o.sequence,
       ARRAY(SELECT a.statement_reference FROM payments_attempt a
              WHERE a.payment_id = o.id) AS attempts,
       {{transfers}},
       ARRAY(SELECT e.sequence FROM webhooks_event e
              WHERE e.object_id = o.id ORDER BY e.sequence) AS told,
       ARRAY(SELECT e.sequence FROM webhooks_event e
               JOIN webhooks_delivery d ON d.event_id = e.id
              WHERE e.object_id = o.id) AS promised
  FROM ({OWNERS}) o
"""
TRANSFERS = """
ARRAY(SELECT t.amount FROM ledger_transfer t
       WHERE t.source_id = o.id AND t.kind IN {kinds}) AS {name}
"""
# What is booked when money moved, and what else of money that goes out.
BOOKED = {
    "moved": "('gross', 'pending_gross', 'refund_sent', 'payout_sent')",
    "fees": "('fee', 'pending_fee')",
    "held": "('refund_held', 'payout_held')",
    "returned": "('refund_returned', 'payout_returned')",
}
QUERY = OWNED.format(
    transfers=",".join(TRANSFERS.format(name=name, kinds=kinds) for name, kinds in BOOKED.items())
)
PREFIXES = {"collect": "pay", "refund": "ref", "disburse": "po"}


@dataclass(frozen=True)
class Evidence:
    """All that is known, by us, by the provider and by the merchant's receiver."""

    # What came of each order, by its reference.
    owners: dict[str, list[dict[str, Any]]]
    book: dict[str, dict[str, Any]]
    received: set[tuple[str, int]]

    @classmethod
    def taken_from(cls, platform: Platform) -> Evidence:
        owners: dict[str, list[dict[str, Any]]] = {}
        for row in platform.rows(QUERY):
            owners.setdefault(row["reference"], []).append(row)
        return cls(owners, platform.book(), platform.received())

    def times_executed(self, owner: Mapping[str, Any]) -> int:
        """How often the provider moved the money."""
        entries = [self.book.get(reference) for reference in owner["attempts"]]
        return sum(entry["times_executed"] for entry in entries if entry)

    def of(self, orders: Sequence[Order]) -> Evidence:
        """What concerns these orders."""
        own = {order.reference for order in orders}
        owners = {ref: rows for ref, rows in self.owners.items() if ref in own}
        return Evidence(owners, self.book, self.received)


@dataclass(frozen=True)
class Totals:
    """What a merchant's accountant would ask: each a number of orders, and should be 0."""

    lost: int
    double: int
    invented: int


def count_totals(orders: Sequence[Order], evidence: Evidence) -> Totals:
    """By our books, the provider's own and the merchant's answers.

    Lost: not created, or moved at the provider and not with us. Double: created, moved or booked
    more than once. Invented: with us and not at the provider, or never ordered.
    """
    lost = double = invented = 0
    for order in orders:
        own = evidence.owners.get(order.reference, [])
        if order.is_refused and not own:
            continue
        executed = sum(evidence.times_executed(owner) for owner in own)
        booked = sum(len(owner["moved"]) for owner in own)
        is_done = any(owner["status"] == "succeeded" for owner in own)
        lost += not order.is_created or not own or (executed > 0 and not (is_done and booked))
        double += len(own) > 1 or executed > 1 or booked > 1
        invented += executed == 0 and (is_done or booked > 0)
    ordered = {order.reference for order in orders}
    return Totals(lost, double, invented + len(evidence.owners.keys() - ordered))


def find_faults(orders: Sequence[Order], evidence: Evidence) -> dict[str, list[str]]:
    """Fault -> references. Empty if of every order there is one, in the state its provider knows,
    carried out once, booked once, told completely, and the same answer to every request for it."""
    faults: dict[str, list[str]] = {}
    for order in orders:
        for fault in _faults(order, evidence):
            faults.setdefault(fault, []).append(order.reference)
    return faults


def _faults(order: Order, evidence: Evidence) -> Iterator[str]:
    own = evidence.owners.get(order.reference, [])
    if order.is_refused and not own:
        return
    if not order.is_created or not own:
        yield "lost"
        return
    if len(own) > 1:
        yield "created twice"
    if len(order.bodies()) != 1:
        yield "answered in two ways"
    owner, counterparty = own[0], order.counterparty
    executed = evidence.times_executed(owner)
    is_done = owner["status"] == "succeeded"
    if executed > 1:
        yield "moved twice"
    if counterparty.is_predictable and executed != counterparty.succeeds:
        yield "not what the counterparty did"
    if is_done != bool(executed) or owner["status"] not in {"succeeded", "failed"}:
        yield f"not as in the provider's books: {owner['status']}"
    if (
        counterparty.is_predictable
        and not is_done
        and owner["failure_code"] != counterparty.failure_code
    ):
        yield f"failed for another reason: {owner['failure_code']}"
    if owner["moved"] != [owner["amount"]] * is_done:
        yield "not booked once"
    if owner["fees"] != [owner["fee"]] * (is_done and owner["operation"] == "collect"):
        yield "fee not booked once"
    goes_out = owner["operation"] != "collect"
    if owner["held"] != [owner["amount"]] * goes_out:
        yield "not held once"
    if owner["returned"] != [owner["amount"]] * (goes_out and not is_done):
        yield "what was not sent is not given back once"
    if owner["told"] != list(range(1, owner["sequence"] + 1)):
        yield "a change without its event"
    # The first event only repeats the answer to the request; the last tells the end.
    expected = {*owner["promised"], owner["sequence"]}
    public_id = encode_id(PREFIXES[owner["operation"]], owner["id"])
    if {(public_id, sequence) for sequence in expected} - evidence.received:
        yield "webhook missing"
