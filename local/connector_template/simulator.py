"""New Rail's side of the wire. Shares no code with the connector. The protocol: README.md."""

from __future__ import annotations

import hashlib
import hmac
import time
from collections.abc import Mapping, Sequence
from typing import Any

from apps.providers.simulation.callbacks import CallbackBodies, plan
from apps.providers.simulation.exchange import Answer, Request, Route, json_answer, json_bytes
from apps.providers.simulation.faults import COLLECT, CREATE, QUERY, Fault, FaultKind
from apps.providers.simulation.report import ReportLine
from apps.providers.simulation.simulator import Simulator
from apps.providers.simulation.store import DueCallback, Instruction

# The one account the simulator knows.
API_KEY = "simulated-key"
CALLBACK_SECRET = "simulated-secret"  # noqa: S105 (opens nothing but this simulator)

PAYMENT = "payment"
FIELDS = {"reference": str, "amount": int, "currency": str, "phone": str}

# How a payment ends by the payer's last six digits: status and reason.
ENDINGS = {
    "900151": ("REFUSED", "DECLINED"),
    "900152": ("REFUSED", "TIMED_OUT"),
    "900153": ("REFUSED", "NO_FUNDS"),
}
APPROVED = ("PAID", "")


class NewRailSimulator(Simulator):
    code = "new_rail"
    succeeded = "PAID"
    operations = {PAYMENT: COLLECT}

    def routes(self) -> Sequence[Route]:
        return [
            Route("POST", "/v1/payments", self.order),
            Route("GET", "/v1/payments/{reference}", self.show),
        ]

    def status_now(self, instruction: Instruction, now: float) -> str:
        if self.is_expired_for_now(instruction, now):
            return "REFUSED"
        return super().status_now(instruction, now)

    def order(self, request: Request) -> Answer:
        if request.bearer_token() != API_KEY:
            return json_answer({"error": "unknown key"}, 401)
        order = request.json_object()
        if not all(isinstance(order.get(name), kind) for name, kind in FIELDS.items()):
            return json_answer({"error": "a field is missing"}, 422)
        fault = self.faults.draw(
            CREATE, {COLLECT}, party=order["phone"], reference=order["reference"]
        )
        if refusal := _down(fault):
            return refusal
        payment = self._payment(order, fault, time.time())
        if not self.accept(payment, self._told(payment, fault, str(order.get("callback_url")))):
            return json_answer({"error": "known reference"}, 409)
        if fault.kind is FaultKind.ERROR_500_THOUGH_ACCEPTED:
            return json_answer({"error": "armed"}, 500)
        if fault.kind is FaultKind.BUSY_THOUGH_ACCEPTED:
            return json_answer({"error": "armed"}, 503)
        return fault.spoil(json_answer(_shown(payment, "PENDING"), 202))

    def show(self, request: Request) -> Answer:
        if request.bearer_token() != API_KEY:
            return json_answer({"error": "unknown key"}, 401)
        now = time.time()
        payment = self.store.find(PAYMENT, request.parameters["reference"])
        if payment is None or _is_hidden(payment, now):
            return json_answer({"error": "unknown reference"}, 404)
        fault = self.faults.draw(QUERY, {COLLECT}, party=payment.party, reference=payment.reference)
        if refusal := _down(fault):
            return refusal
        shown = _shown(payment, self.status_now(payment, now))
        if FaultKind.WRONG_AMOUNT in (fault.kind, payment.fault):
            shown["amount"] += 100
        if FaultKind.ANSWER_FOR_ANOTHER in (fault.kind, payment.fault):
            shown["reference"] = "00000000-0000-4000-8000-000000000000"
        return fault.spoil(json_answer(shown))

    def report_header(self) -> str:
        return "date,id,reference,amount,fee,currency,status\r\n"

    def report_row(self, line: ReportLine) -> str:
        cells = (
            line.occurred_at.isoformat(),
            line.provider_reference,
            line.reference,
            str(line.amount),
            str(line.fee),
            line.currency,
            line.status,
        )
        return ",".join(cells) + "\r\n"

    def _payment(self, order: Mapping[str, Any], fault: Fault, now: float) -> Instruction:
        status, reason = ENDINGS.get(order["phone"][-6:], APPROVED)
        if fault.kind is FaultKind.FORGED_CALLBACK:
            status, reason = "REFUSED", "DECLINED"
        return Instruction(
            kind=PAYMENT,
            reference=order["reference"],
            provider_reference=str(self.next_number()),
            amount=order["amount"],
            currency=order["currency"],
            party=order["phone"],
            status=status,
            reason=reason,
            created_at=now,
            decide_at=self.decide_at(fault, now),
            fault=fault.kind,
            fault_value=fault.value,
        )

    def _told(self, payment: Instruction, fault: Fault, url: str) -> list[DueCallback]:
        paid = _shown(payment, "PAID")
        bodies = CallbackBodies(
            truth=json_bytes(_shown(payment, payment.status)),
            pending=json_bytes(_shown(payment, "PENDING")),
            success=json_bytes(paid),
            failure=json_bytes(_shown(payment, "REFUSED")),
            wrong_amount=json_bytes({**paid, "amount": payment.amount + 100}),
            another=json_bytes({**paid, "reference": "00000000-0000-4000-8000-000000000000"}),
        )
        planned = plan(fault, bodies, created_at=payment.created_at, decide_at=payment.decide_at)
        secret = b"guessed" if fault.kind is FaultKind.FORGED_CALLBACK else CALLBACK_SECRET.encode()
        return [
            callback
            for due_at, body in planned
            for callback in self.callbacks(
                [(due_at, body)],
                url=url,
                headers={"X-Signature": hmac.new(secret, body, hashlib.sha256).hexdigest()},
            )
        ]


def _shown(payment: Instruction, status: str) -> dict[str, Any]:
    return {
        "id": payment.provider_reference,
        "reference": payment.reference,
        "status": status,
        "reason": payment.reason if status == payment.status else "",
        "amount": payment.amount,
        "currency": payment.currency,
        "phone": payment.party,
    }


def _down(fault: Fault) -> Answer | None:
    """The answer of a fault that stops a request before anything is done."""
    if fault.kind is FaultKind.DOWN:
        return json_answer({"error": "armed"}, 503)
    if fault.kind is FaultKind.ERROR_500:
        return json_answer({"error": "armed"}, 500)
    if fault.kind is FaultKind.TOKEN_EXPIRED:
        return json_answer({"error": "armed"}, 401)
    if fault.kind is FaultKind.DROP_BEFORE_ACCEPTING:
        return fault.spoil(Answer())
    return None


def _is_hidden(payment: Instruction, now: float) -> bool:
    fault = Fault(FaultKind(payment.fault), payment.fault_value)
    return fault.kind is FaultKind.HIDDEN_AT_FIRST and now < payment.created_at + fault.amount


SIMULATOR = NewRailSimulator
# What a test-mode account needs beside its address, and somebody who pays.
TEST_CREDENTIALS = {"api_key": API_KEY, "callback_secret": CALLBACK_SECRET}
TEST_PAYER = "237677000001"
