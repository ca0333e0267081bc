"""Wave's refusals, and how a fault lets an answer out."""

from __future__ import annotations

from typing import Any

from apps.providers.simulation.exchange import Answer, json_answer
from apps.providers.simulation.faults import Fault, FaultKind


class Refusal(Exception):
    """An answer that ends the handling at once."""

    def __init__(self, answer: Answer) -> None:
        super().__init__(answer.status)
        self.answer = answer


def error_answer(status: int, code: str, message: str = "", **more: Any) -> Answer:
    return json_answer({"code": code, "message": message or code, "details": [], **more}, status)


def invalid(what: str) -> Refusal:
    return Refusal(error_answer(400, "request-validation-error", what))


def strike_before(fault: Fault) -> None:
    """The faults that leave nothing behind."""
    if fault.kind is FaultKind.TOKEN_EXPIRED:
        raise Refusal(error_answer(401, "api-key-revoked"))
    if fault.kind is FaultKind.DOWN:
        raise Refusal(error_answer(503, "service-unavailable"))
    if fault.kind is FaultKind.ERROR_500:
        raise Refusal(error_answer(500, "internal-server-error"))
    if fault.kind is FaultKind.DROP_BEFORE_ACCEPTING:
        raise Refusal(fault.spoil(Answer()))


def spoiled(fault: Fault, answer: Answer) -> Answer:
    """The answer to what was taken, as this fault lets it out."""
    if fault.kind is FaultKind.ERROR_500_THOUGH_ACCEPTED:
        return error_answer(500, "internal-server-error")
    if fault.kind is FaultKind.BUSY_THOUGH_ACCEPTED:
        return error_answer(503, "service-unavailable")
    return fault.spoil(answer)
