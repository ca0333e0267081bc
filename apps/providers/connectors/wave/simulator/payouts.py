"""Payouts: taken once a key, refused at once or later."""

from __future__ import annotations

import hashlib
import json
import secrets
import time
from dataclasses import replace
from typing import TYPE_CHECKING

from apps.providers.simulation.exchange import Answer, Request, json_answer
from apps.providers.simulation.faults import CREATE, DISBURSE, FaultKind
from apps.providers.simulation.store import Instruction

from .account import CURRENCY
from .answers import error_answer, invalid, spoiled, strike_before
from .bodies import amount_of, check_reason, mobile_of, reference_of
from .movements import RETURNED
from .questions import PAYOUT

if TYPE_CHECKING:
    from .simulator import WaveSimulator

# By the last six digits of who is paid: refused at the order, or later.
PAYEES_REFUSED = {
    "900021": "recipient-limit-exceeded",
    "900030": "recipient-account-blocked",
    "900031": "recipient-account-inactive",
}
REVERSED_WITHIN_S = 3 * 24 * 3_600
PAYEES_FAIL = {"900150": "recipient-account-inactive"}


class Payouts:
    def __init__(self, simulator: WaveSimulator) -> None:
        self._simulator = simulator

    def pay_out(self, request: Request) -> Answer:
        key = request.header("idempotency-key") or ""
        body = request.json_object()
        amount, reference = amount_of(body, "receive_amount"), reference_of(body)
        payee = mobile_of(body, "mobile", is_needed=True)
        check_reason(body)
        if not key:
            raise invalid("Idempotency-Key")
        simulator = self._simulator
        digest = hashlib.sha256(json.dumps(body, sort_keys=True).encode()).hexdigest()
        with simulator.deciding:
            known = simulator.store.get("key", key)
            if known is not None:
                if known["digest"] != digest:
                    return error_answer(409, "idempotency-mismatch")
                again = simulator.of_kind(PAYOUT, known["payout"])
                return (
                    json_answer(simulator.questions.payout(again, time.time()))
                    if again
                    else Answer(500)
                )
            if code := PAYEES_REFUSED.get(payee[-6:]):
                return error_answer(422, code)
            fault = simulator.faults.draw(CREATE, {DISBURSE}, party=payee, reference=reference)
            strike_before(fault)
            now = time.time()
            is_failed = fault.kind is FaultKind.FORGED_CALLBACK
            reason = "payment-failure" if is_failed else PAYEES_FAIL.get(payee[-6:], "")
            payout = Instruction(
                kind=PAYOUT,
                reference=reference or key,
                provider_reference=f"T_{simulator.next_number()}",
                handle=f"pt-{secrets.token_hex(6)}",
                amount=amount,
                currency=CURRENCY,
                party=payee,
                status="FAILED" if reason else "succeeded",
                reason=reason,
                created_at=now,
                decide_at=simulator.decide_at(fault, now),
                fault=fault.kind,
                fault_value=fault.value,
                details={"client_reference": reference},
            )
            if not simulator.accept(payout):
                # Another key with the same body: another transfer, as at Wave.
                payout = replace(payout, reference=key)
                simulator.accept(payout)
            simulator.store.put("key", key, {"digest": digest, "payout": payout.handle})
            return spoiled(fault, json_answer(simulator.questions.payout(payout, now)))

    def reverse(self, request: Request) -> Answer:
        """What was sent comes back, with its fee, within three days; a repeat changes nothing."""
        simulator = self._simulator
        with simulator.deciding:
            now = time.time()
            payout = simulator.of_kind(PAYOUT, request.parameters["id"])
            if payout is None or simulator.status_now(payout, now) != simulator.succeeded:
                return error_answer(404, "not-found")
            if now - payout.created_at > REVERSED_WITHIN_S:
                return error_answer(422, "payout-reversal-time-limit-exceeded")
            if simulator.store.find(RETURNED, payout.handle) is None:
                simulator.accept(
                    replace(
                        payout,
                        id=0,
                        kind=RETURNED,
                        reference=payout.handle,
                        provider_reference=f"T_{simulator.next_number()}",
                        handle=f"reversal-{payout.handle}",
                        created_at=now,
                        decide_at=now,
                    )
                )
            return Answer(200)

    def show(self, request: Request) -> Answer:
        return self._simulator.questions.shown(
            self._simulator.of_kind(PAYOUT, request.parameters["id"]), request
        )

    def search(self, request: Request) -> Answer:
        return self._simulator.questions.found(PAYOUT, DISBURSE, request)
