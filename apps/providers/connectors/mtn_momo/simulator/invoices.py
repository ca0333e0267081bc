"""Invoices and payments by amount: version 2 of collections."""

from __future__ import annotations

import time
from collections.abc import Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from apps.providers.simulation.exchange import (
    Answer,
    Request,
    Route,
    UnreadableBody,
    json_answer,
)

from .bodies import amount_text, iso, party_of, reference_id
from .currencies import decimal, minor_units
from .payers import (
    APPROVES,
    COLLECT_MAGIC,
    FAILED,
    PAYMENT_MAGIC,
    PENDING,
    SUCCESSFUL,
    ending,
)

if TYPE_CHECKING:
    from .access import Caller
    from .simulator import MtnMomoSimulator

INVOICE_LIFE_S = 3600


class Invoices:
    def __init__(self, simulator: MtnMomoSimulator) -> None:
        self._simulator = simulator
        self._orders = simulator.orders

    def routes(self) -> Sequence[Route]:
        return [
            self._simulator.access.business(method, "collection", f"/v2_0{path}", call)
            for method, path, call in (
                ("POST", "/invoice", self.create_invoice),
                ("GET", "/invoice/{reference}", self.show_invoice),
                ("DELETE", "/invoice/{reference}", self.cancel_invoice),
                ("POST", "/payment", self.create_payment),
                ("GET", "/payment/{reference}", self.show_payment),
            )
        ]

    def create_invoice(self, request: Request, caller: Caller) -> Answer:
        body = request.json_object()
        currency = self._orders.currency(body, caller)
        party = party_of(body, "intendedPayer")
        return self._orders.take(
            "invoice",
            reference_id(request),
            minor_units(amount_text(body), currency),
            currency,
            party,
            COLLECT_MAGIC.get(ending(party), APPROVES),
            details={
                "external_id": str(body.get("externalId") or ""),
                "description": str(body.get("description") or ""),
            },
        )

    def show_invoice(self, request: Request, caller: Caller) -> Answer:
        instruction, fault = self._orders.queried("invoice", request)
        status = self._simulator.status_now(instruction, time.time())
        # An invoice nobody has paid yet is CREATED.
        answer = {
            "referenceId": instruction.reference,
            "externalId": instruction.details["external_id"],
            "amount": decimal(instruction.amount, instruction.currency),
            "currency": instruction.currency,
            "status": "CREATED" if status == PENDING else status,
            "paymentReference": instruction.provider_reference,
            "invoiceId": instruction.reference,
            "expiryDateTime": iso(instruction.created_at + INVOICE_LIFE_S),
            "intendedPayer": {"partyIdType": "MSISDN", "partyId": instruction.party},
            "description": instruction.details["description"],
        }
        if status == FAILED:
            answer["errorReason"] = {"code": instruction.reason, "message": instruction.reason}
        return fault.spoil(json_answer(answer))

    def cancel_invoice(self, request: Request, caller: Caller) -> Answer:
        instruction, _ = self._orders.queried("invoice", request)
        if self._simulator.status_now(instruction, time.time()) == PENDING:
            details = {**instruction.details, "canceled": True}
            self._simulator.change(
                replace(instruction, details=details, reason="TRANSACTION_CANCELED")
            )
        # One already paid is answered so as well, and stays paid.
        return Answer(202)

    def create_payment(self, request: Request, caller: Caller) -> Answer:
        body = request.json_object()
        money = body.get("money")
        if not isinstance(money, dict):
            raise UnreadableBody("money")
        currency = self._orders.currency(money, caller)
        amount = amount_text(money)
        return self._orders.take(
            "payment",
            reference_id(request),
            minor_units(amount, currency),
            currency,
            str(body.get("customerReference") or ""),
            PAYMENT_MAGIC.get(amount, APPROVES),
            details={"external_id": str(body.get("externalTransactionId") or "")},
        )

    def show_payment(self, request: Request, caller: Caller) -> Answer:
        instruction, fault = self._orders.queried("payment", request)
        status = self._simulator.status_now(instruction, time.time())
        answer: dict[str, Any] = {
            "referenceId": instruction.reference,
            "status": "CREATED" if status == PENDING else status,
        }
        if status == SUCCESSFUL:
            answer["financialTransactionId"] = instruction.provider_reference
        if status == FAILED:
            answer["reason"] = self._orders.reason(instruction.reason)
        return fault.spoil(json_answer(answer))
