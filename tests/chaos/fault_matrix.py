"""Every fault of every operation of every simulator, each met by an order of its own, through the
whole platform and all at once.

Connectors say which operations there are, the simulators which faults: a new one of either is in
the matrix without another word, if it is a rail of their country.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from apps.providers import registry
from apps.providers.contract import Operation
from apps.providers.simulation.faults import CREATE, PAYEE, QUERY, FaultKind
from tests.chaos.orders import PAID_IN, Counterparty, Order, order_for, place
from tests.chaos.platform import OWNERS, Platform, wait_until
from tests.providers.rails import OPERATIONS, PEOPLE

# Rails of the country in which these merchants are; tests/providers/test_every_fault.py has all.
HOME = "CM"
RAILS = [
    (code, operation)
    for code, operation in OPERATIONS
    if HOME in registry.PROFILES[code].operations[operation].currencies
]

# As little of each fault as does its harm: seconds, times, bytes.
SHORT: Mapping[FaultKind, float] = {
    FaultKind.LATE_CALLBACK: 0.5,
    FaultKind.SLOW: 1.0,
    FaultKind.HANG: 1.0,
    FaultKind.SLOW_BYTES: 0.05,
    FaultKind.HUGE_BODY: 2_000_000,
    FaultKind.LATE_SUCCESS: 1.0,
    FaultKind.LATE_APPROVAL: 1.0,
    FaultKind.HIDDEN_AT_FIRST: 1.0,
}
# Longer than we wait; of the others the simulators' own, which are as long as a provider takes.
LONG: Mapping[FaultKind, float] = {FaultKind.HANG: 40.0}
# The provider says for ever something else than its books hold: nobody guesses, a person has it.
MISLED = {FaultKind.WRONG_AMOUNT, FaultKind.ANSWER_FOR_ANOTHER}
# Nobody opens a page here.
PAYS_BY_HIMSELF = {"provider": "orange_webpay", "auto_approve_after_s": 0}
ONLY_ON_THE_PAGE = {"provider": "orange_webpay", "auto_approve_after_s": -1}

SENT_AS = f"""
SELECT o.reference, a.statement_reference AS sent_as
  FROM ({OWNERS}) o JOIN payments_attempt a ON a.payment_id = o.id
 WHERE o.reference = ANY(%(references)s)
"""
# A person has what is never settled, once one is called; what happened is told.
UNSETTLED = f"""
SELECT o.reference, a.status
  FROM ({OWNERS}) o JOIN payments_attempt a ON a.payment_id = o.id
 WHERE o.reference = ANY(%(references)s)
   AND a.status NOT IN ('succeeded', 'failed', 'not_sent')
   AND NOT (o.reference = ANY(%(misled)s) AND (a.needs_person OR a.contradiction <> ''))
UNION ALL
SELECT o.reference, 'untold'
  FROM ({OWNERS}) o JOIN webhooks_event e ON e.object_id = o.id
  JOIN webhooks_delivery d ON d.event_id = e.id
 WHERE o.reference = ANY(%(references)s) AND d.status = 'pending'
"""
WITH_A_PERSON = f"""
SELECT o.reference
  FROM ({OWNERS}) o JOIN payments_attempt a ON a.payment_id = o.id
 WHERE o.reference = ANY(%(references)s) AND o.status NOT IN ('succeeded', 'failed')
   AND a.status NOT IN ('succeeded', 'failed', 'not_sent')
   AND (a.needs_person OR a.contradiction <> '')
"""


OPEN = f"SELECT FROM ({OWNERS}) o WHERE reference = ANY(%(references)s) AND completed_at IS NULL"


@dataclass(frozen=True)
class Case:
    """A fault and where it strikes: at an order, a question about it, or one about its payee."""

    code: str
    operation: Operation
    stage: str
    fault: FaultKind

    def __str__(self) -> str:
        return f"{self.code}-{self.operation}-{self.stage}-{self.fault}"

    @property
    def strikes_anybody(self) -> bool:
        """A token is refused before it is known whose order it brings."""
        return self.fault is FaultKind.TOKEN_EXPIRED

    @property
    def is_misled(self) -> bool:
        return self.stage == CREATE and self.fault in MISLED


def every_case() -> list[Case]:
    return [
        Case(code, operation, stage, fault)
        for code, operation in RAILS
        for stage in _stages(code, operation)
        for fault in FaultKind
        if fault
    ]


def _stages(code: str, operation: Operation) -> Sequence[str]:
    _, connector = registry.CONNECTORS[code]
    asks_first = operation is Operation.DISBURSE and hasattr(connector, "check_payee")
    return (CREATE, QUERY, PAYEE) if asks_first else (CREATE, QUERY)


class FaultMatrix:
    """Orders for these cases; those of refunds give back one payment a rail."""

    def __init__(
        self, platform: Platform, cases: Sequence[Case], values: Mapping[FaultKind, float]
    ) -> None:
        self.platform, self._values = platform, values
        paid = self._pay_in()
        self.orders = {case: _order(case, number, paid) for number, case in enumerate(cases)}

    def start(self) -> None:
        """Order while nobody sends, arm each order's fault, and then have all of them sent."""
        together = {case: one for case, one in self.orders.items() if not case.strikes_anybody}
        self.platform.control("settings", PAYS_BY_HIMSELF)
        self.platform.stop_worker()
        place(self.platform, list(together.values()), rate=1000)
        sent_as = {row["reference"]: row["sent_as"] for row in self._rows(SENT_AS)}
        for case, order in together.items():
            # A question about a payee names no order.
            if case.stage == PAYEE:
                self._arm(case, msisdn=order.body["payee"]["phone"].removeprefix("+"))
            else:
                self._arm(case, reference=sent_as[order.reference])
        self.platform.start_worker()

    def wait_until_settled(self) -> None:
        """Meanwhile those that strike anybody come one after the other: who is refused again and
        again at the same moment takes it for lasting."""
        for case, order in self.orders.items():
            if case.strikes_anybody:
                self._arm(case)
                place(self.platform, [order])
                self._wait({case: order})
        self._wait(self.orders)
        self.platform.control("settings", ONLY_ON_THE_PAGE)

    def _arm(self, case: Case, **meant: str) -> None:
        armed = {"fault": case.fault, "value": self._values.get(case.fault), "on": case.stage}
        operation = {"provider": case.code, "operation": case.operation}
        self.platform.control("faults", {**armed, **operation, **meant})

    def _wait(self, orders: Mapping[Case, Order]) -> None:
        references = [order.reference for order in orders.values()]
        misled = [order.reference for case, order in orders.items() if case.is_misled]

        def unsettled() -> list[str]:
            rows = self.platform.rows(UNSETTLED, references=references, misled=misled)
            return [f"{row['reference']} {row['status']}" for row in rows]

        wait_until(lambda: not unsettled(), "every fault to be over", unsettled)

    def with_a_person(self) -> set[str]:
        """References of orders that are open and of which somebody is told."""
        return {row["reference"] for row in self._rows(WITH_A_PERSON)}

    def _rows(self, sql: str) -> list[dict[str, str]]:
        references = [order.reference for order in self.orders.values()]
        return self.platform.rows(sql, references=references)

    def _pay_in(self) -> dict[str, str]:
        """Where money goes out: a payment to give back, by rail, and a balance to send."""
        codes = {code for code, operation in RAILS if operation is not Operation.COLLECT}
        payer = Counterparty("pays in")
        orders = {
            code: order_for(payer, amount=PAID_IN, phone=f"+{PEOPLE[code]}") for code in codes
        }
        place(self.platform, list(orders.values()))
        references = [order.reference for order in orders.values()]

        def is_open() -> bool:
            return bool(self.platform.rows(OPEN, references=references))

        wait_until(lambda: not is_open(), "what is paid in")
        return {code: order.public_id for code, order in orders.items()}


def _order(case: Case, number: int, paid: Mapping[str, str]) -> Order:
    counterparty = Counterparty(str(case), is_predictable=False, operation=case.operation)
    payment = paid[case.code] if case.operation is Operation.REFUND else ""
    # Everybody has a number of his own, which is no magic one.
    phone = f"+{PEOPLE[case.code][:-4]}{1_000 + number}"
    return order_for(counterparty, phone=phone, payment=payment)
