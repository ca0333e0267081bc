"""MTN's refusals, and how a fault lets an answer out."""

from __future__ import annotations

from apps.providers.simulation.exchange import Answer, json_answer
from apps.providers.simulation.faults import Fault, FaultKind

MESSAGES = {
    "RESOURCE_NOT_FOUND": "Requested resource was not found.",
    "RESOURCE_ALREADY_EXIST": "Duplicated reference id. Creation of resource failed.",
    "NOT_ALLOWED": "Authorization failed. Insufficient permissions.",
    "NOT_ALLOWED_TARGET_ENVIRONMENT": "Access to target environment is forbidden.",
    "INVALID_CALLBACK_URL_HOST": "The callback host is not the one of the API user.",
    "INVALID_CURRENCY": "Currency not supported.",
    "INTERNAL_PROCESSING_ERROR": "An internal error occurred while processing.",
    "SERVICE_UNAVAILABLE": "Service temporarily unavailable, try again later.",
}


class Refusal(Exception):
    """An answer that ends the handling at once."""

    def __init__(self, answer: Answer) -> None:
        super().__init__(answer.status)
        self.answer = answer


def error_answer(status: int, code: str) -> Answer:
    return json_answer({"code": code, "message": MESSAGES.get(code, code)}, status)


def strike_before(fault: Fault) -> None:
    """The faults that leave nothing behind."""
    if fault.kind is FaultKind.DOWN:
        raise Refusal(error_answer(503, "SERVICE_UNAVAILABLE"))
    if fault.kind is FaultKind.ERROR_500:
        raise Refusal(error_answer(500, "INTERNAL_PROCESSING_ERROR"))
    if fault.kind is FaultKind.DROP_BEFORE_ACCEPTING:
        raise Refusal(fault.spoil(Answer()))


def spoiled(fault: Fault, answer: Answer) -> Answer:
    """The answer to what was taken, as this fault lets it out."""
    if fault.kind is FaultKind.ERROR_500_THOUGH_ACCEPTED:
        return error_answer(500, "INTERNAL_PROCESSING_ERROR")
    if fault.kind is FaultKind.BUSY_THOUGH_ACCEPTED:
        return error_answer(503, "SERVICE_UNAVAILABLE")
    return fault.spoil(answer)
