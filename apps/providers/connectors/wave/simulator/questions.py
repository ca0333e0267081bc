"""Questions: what Wave shows of a session or a payout, with the faults that strike answers."""

from __future__ import annotations

import time
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from apps.providers.simulation.exchange import Answer, Request, json_answer
from apps.providers.simulation.faults import COLLECT, DISBURSE, QUERY, Fault, FaultKind
from apps.providers.simulation.store import Instruction

from .answers import Refusal, error_answer, spoiled, strike_before
from .bodies import payout_of, session_of
from .movements import RETURNED

if TYPE_CHECKING:
    from .simulator import WaveSimulator

CHECKOUT, REFUNDED, PAYOUT = "checkout", "refund", "payout"


class Questions:
    def __init__(self, simulator: WaveSimulator) -> None:
        self._simulator = simulator

    def _body(self, found: Instruction, fault: Fault, request: Request) -> dict[str, Any]:
        now = time.time()
        if found.kind == PAYOUT:
            return {**self.payout(found, now), **misled(found, fault, "receive_amount")}
        status = self._simulator.status_now(found, now)
        return {
            **session_of(found, status, base_url=request.base_url),
            **misled(found, fault, "amount"),
        }

    def shown(self, found: Instruction | None, request: Request) -> Answer:
        operation = COLLECT if "checkout" in request.path else DISBURSE
        reference = "" if found is None else found.details["client_reference"]
        fault = self._simulator.faults.draw(QUERY, {operation}, reference=reference)
        strike_before(fault)
        told = None if found is None else self.told(found, fault)
        if told is None:
            code = "checkout-session-not-found" if operation == COLLECT else "not-found"
            return fault.spoil(error_answer(404, code))
        return spoiled(fault, json_answer(self._body(told, fault, request)))

    def found(self, kind: str, operation: str, request: Request) -> Answer:
        reference = request.query.get("client_reference", "")
        fault = self._simulator.faults.draw(QUERY, {operation}, reference=reference)
        strike_before(fault)
        found = [self.told(one, fault) for one in self._all_of(kind, reference)]
        bodies = [self._body(one, fault, request) for one in found if one is not None]
        return spoiled(fault, json_answer({"result": bodies}))

    def _all_of(self, kind: str, reference: str) -> list[Instruction]:
        return [
            one
            for one in self._simulator.store.instructions()
            if one.kind == kind and one.details["client_reference"] == reference
        ]

    def told(self, found: Instruction, fault: Fault) -> Instruction | None:
        """What a question is answered of; None while it is hidden. Raises Refusal: junk."""
        own = Fault(FaultKind(found.fault), found.fault_value)
        if own.kind is FaultKind.HIDDEN_AT_FIRST and time.time() < found.created_at + own.amount:
            return None
        if own.kind is FaultKind.JUNK_BODY:
            given = int(found.details.get("junk_given", 0))
            if given < own.amount:
                self._simulator.store.change(
                    replace(found, details={**found.details, "junk_given": given + 1})
                )
                raise Refusal(own.spoil(Answer()))
        return found

    def payout(self, payout: Instruction, now: float) -> dict[str, Any]:
        simulator = self._simulator
        is_returned = simulator.store.find(RETURNED, payout.handle) is not None
        status = "reversed" if is_returned else simulator.status_now(payout, now)
        return payout_of(payout, status, fee=simulator.fee(payout.amount))


def misled(found: Instruction, fault: Fault, amount: str, *, sign: str = "") -> dict[str, Any]:
    """What this answer says wrongly."""
    kinds = {fault.kind, found.fault}
    if FaultKind.WRONG_AMOUNT in kinds:
        return {amount: f"{sign}{found.amount // 2 or found.amount + 1}"}
    if FaultKind.ANSWER_FOR_ANOTHER in kinds:
        return {"client_reference": "00000000-0000-4000-8000-000000000000"}
    return {}
