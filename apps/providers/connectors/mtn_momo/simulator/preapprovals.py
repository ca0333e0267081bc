"""Pre-approvals: a payer's yes in advance. They move no money."""

from __future__ import annotations

import time
from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, Any
from urllib.parse import unquote

from apps.providers.simulation.exchange import Answer, Request, Route, json_answer
from apps.providers.simulation.store import Instruction

from .answers import error_answer
from .bodies import iso, party_of, reference_id, seconds, text_of
from .currencies import CURRENCIES
from .payers import APPROVES, FAILED, PENDING, PREAPPROVAL_MAGIC, SUCCESSFUL, ending

if TYPE_CHECKING:
    from .access import Caller
    from .simulator import MtnMomoSimulator

KIND = "preapproval"


class Preapprovals:
    def __init__(self, simulator: MtnMomoSimulator) -> None:
        self._simulator = simulator
        self._orders = simulator.orders

    def routes(self) -> Sequence[Route]:
        return [
            self._simulator.access.business(method, "collection", path, call)
            for method, path, call in (
                ("POST", "/v2_0/preapproval", self.create_preapproval),
                ("GET", "/v2_0/preapproval/{reference}", self.show_preapproval),
                ("GET", "/v1_0/preapprovals/{type}/{id}", self.list_preapprovals),
                ("DELETE", "/v1_0/preapproval/{reference}", self.cancel_preapproval),
            )
        ]

    def create_preapproval(self, request: Request, caller: Caller) -> Answer:
        body = request.json_object()
        currency = text_of(body, "payerCurrency")
        if currency != CURRENCIES[caller.environment]:
            return error_answer(500, "INVALID_CURRENCY")
        party = party_of(body, "payer")
        return self._orders.take(
            KIND,
            reference_id(request),
            0,
            currency,
            party,
            PREAPPROVAL_MAGIC.get(ending(party), APPROVES),
            details={
                "payer_message": str(body.get("payerMessage") or ""),
                "lasts_s": seconds(body, "validityTime"),
            },
        )

    def show_preapproval(self, request: Request, caller: Caller) -> Answer:
        instruction, fault = self._orders.queried(KIND, request)
        return fault.spoil(json_answer(self._preapproval(instruction)))

    def list_preapprovals(self, request: Request, caller: Caller) -> Answer:
        party = unquote(request.parameters["id"])
        found = [
            {
                "preApprovalId": instruction.reference,
                "toFri": f"FRI:{caller.user}/USER",
                "fromFri": f"FRI:{instruction.party}/MSISDN",
                "fromCurrency": instruction.currency,
                "createdTime": iso(instruction.created_at),
                "status": _list_word(self._preapproval(instruction)),
                "message": instruction.details["payer_message"],
            }
            for instruction in self._simulator.store.instructions()
            if instruction.kind == KIND and instruction.party == party
        ]
        return json_answer(found)

    def cancel_preapproval(self, request: Request, caller: Caller) -> Answer:
        instruction, _ = self._orders.queried(KIND, request)
        details = {**instruction.details, "canceled": True}
        self._simulator.change(replace(instruction, details=details, reason="TRANSACTION_CANCELED"))
        return Answer(200)

    def _preapproval(self, instruction: Instruction) -> dict[str, Any]:
        status = self._simulator.status_now(instruction, time.time())
        ends_at = instruction.created_at + instruction.details["lasts_s"]
        body = {
            "payer": {"partyIdType": "MSISDN", "partyId": instruction.party},
            "payerCurrency": instruction.currency,
            "payerMessage": instruction.details["payer_message"],
            "status": status,
            "expirationDateTime": iso(ends_at),
        }
        if status == FAILED:
            body["reason"] = self._orders.reason(instruction.reason)
        return body


def _list_word(preapproval: Mapping[str, Any]) -> str:
    """The list has words of its own."""
    if preapproval["status"] != FAILED:
        return "APPROVED" if preapproval["status"] == SUCCESSFUL else PENDING
    reason = preapproval["reason"]
    code = reason["code"] if isinstance(reason, dict) else reason
    return {"TRANSACTION_CANCELED": "CANCELLED", "EXPIRED": "EXPIRED"}.get(code, "REJECTED")
