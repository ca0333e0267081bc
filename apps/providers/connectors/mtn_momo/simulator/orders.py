"""Instructions that move money: taken, asked about, told."""

from __future__ import annotations

import time
from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit
from uuid import UUID

from apps.providers.simulation.callbacks import CallbackBodies, plan
from apps.providers.simulation.exchange import (
    Answer,
    Request,
    Route,
    UnreadableBody,
    json_answer,
    json_bytes,
)
from apps.providers.simulation.faults import (
    COLLECT,
    CREATE,
    DISBURSE,
    QUERY,
    REFUND,
    Fault,
    FaultKind,
)
from apps.providers.simulation.store import Instruction

from .access import Call, Caller
from .answers import MESSAGES, Refusal, error_answer, spoiled, strike_before
from .bodies import (
    amount_text,
    check_note,
    is_uuid,
    party_of,
    party_type_of,
    reference_id,
    text_of,
)
from .currencies import CURRENCIES, decimal, minor_units
from .payers import (
    APPROVES,
    COLLECT_MAGIC,
    FAILED,
    PENDING,
    REFUND_MAGIC,
    REFUNDED_MAGIC,
    SUCCESSFUL,
    TRANSFER_MAGIC,
    Magic,
    ending,
)

if TYPE_CHECKING:
    from .simulator import MtnMomoSimulator

# Product, kind of instruction, versions of its path.
KINDS = (
    ("collection", "requesttopay", (1,)),
    ("collection", "requesttowithdraw", (1, 2)),
    ("disbursement", "transfer", (1,)),
    ("disbursement", "deposit", (1, 2)),
    ("disbursement", "refund", (1, 2)),
    ("remittance", "transfer", (1,)),
    ("remittance", "cashtransfer", (2,)),
)
OPERATIONS = {
    "requesttopay": COLLECT,
    "requesttowithdraw": COLLECT,
    "transfer": DISBURSE,
    "deposit": DISBURSE,
    "refund": REFUND,
    "cashtransfer": DISBURSE,
    "invoice": COLLECT,
    "payment": COLLECT,
    "preapproval": COLLECT,
}
# Which member of the body names the other party.
PARTY_ROLES = {
    "requesttopay": "payer",
    "requesttowithdraw": "payer",
    "transfer": "payee",
    "deposit": "payee",
    "refund": "payee",
    "cashtransfer": "payee",
}
NOTIFICATION_LENGTH_MAX = 160
NOTIFICATION_TIME_S = 3600
LIKE_COLLECT = ("requesttopay", "requesttowithdraw", "deposit")


class Orders:
    def __init__(self, simulator: MtnMomoSimulator) -> None:
        self._simulator = simulator

    def routes(self) -> Sequence[Route]:
        business = self._simulator.access.business
        routes = []
        for product, kind, versions in KINDS:
            for version in versions:
                path = f"/v{version}_0/{kind}"
                for method, end, call in (
                    ("POST", "", self._order(kind, version)),
                    ("GET", "/{reference}", self._status(kind)),
                    ("POST", "/{reference}/deliverynotification", self._notify_delivery(kind)),
                ):
                    routes.append(
                        business(method, product, path + end, call, operation=OPERATIONS[kind])
                    )
        return routes

    def _order(self, kind: str, version: int) -> Call:
        """The POST of one kind: 202 and an empty body, or what §6 of the protocol says."""

        def order(request: Request, caller: Caller) -> Answer:
            reference = reference_id(request)
            callback_url = self._callback_url(request, caller)
            body = request.json_object()
            currency = text_of(body, "currency")
            amount = minor_units(amount_text(body), currency)
            role = PARTY_ROLES[kind]
            if kind == "deposit" and role not in body:
                # mtn-momo-client calls the receiver of a deposit "payer".
                role = "payer"
            if kind == "refund":
                party, magic = self._refunded(body)
            else:
                party = party_of(body, role)
                table = COLLECT_MAGIC if kind in LIKE_COLLECT else TRANSFER_MAGIC
                magic = table.get(ending(party), APPROVES)
            check_note(body, "payerMessage")
            check_note(body, "payeeNote")
            if self._simulator.settings["refuses_empty_message"] and body.get("payerMessage") == "":
                return error_answer(500, "INTERNAL_PROCESSING_ERROR")
            if currency != CURRENCIES[caller.environment]:
                return error_answer(500, "INVALID_CURRENCY")
            return self.take(
                kind,
                reference,
                amount,
                currency,
                party,
                magic,
                details={
                    "external_id": str(body.get("externalId") or ""),
                    "party_type": party_type_of(body, role),
                    "payer_message": body.get("payerMessage") or "",
                    "payee_note": body.get("payeeNote") or "",
                },
                callback_url=callback_url,
                # The documents: POST for version 1, PUT for version 2.
                callback_method="POST" if version == 1 else "PUT",
            )

        return order

    def take(
        self,
        kind: str,
        reference: str,
        amount: int,
        currency: str,
        party: str,
        magic: Magic,
        *,
        details: Mapping[str, Any],
        callback_url: str = "",
        callback_method: str = "POST",
    ) -> Answer:
        """Store one instruction, faults applied, and answer as its POST does."""
        if magic.refuse_with:
            return error_answer(magic.refuse_with, magic.reason)
        fault = self._simulator.faults.draw(
            CREATE, {OPERATIONS[kind]}, party=party, reference=reference
        )
        strike_before(fault)
        now = time.time()
        status, reason = magic.status, magic.reason
        decide_at: float | None = self._simulator.decide_at(fault, now)
        if magic.never:
            decide_at = None
        elif magic.ongoing:
            decide_at = now + self._simulator.settings["ongoing_after_s"]
        if fault.kind is FaultKind.FORGED_CALLBACK:
            # The callbacks will claim a success that never was.
            status, reason = FAILED, "APPROVAL_REJECTED"
        instruction = Instruction(
            kind=kind,
            reference=reference,
            provider_reference=str(self._simulator.next_number()),
            amount=amount,
            currency=currency,
            party=party,
            status=status,
            reason=reason,
            created_at=now,
            decide_at=decide_at,
            fault=fault.kind,
            fault_value=fault.value,
            details=details,
        )
        planned = []
        if callback_url:
            planned = plan(fault, self._bodies(instruction), created_at=now, decide_at=decide_at)
        if not self._simulator.accept(
            instruction,
            self._simulator.callbacks(planned, url=callback_url, method=callback_method),
        ):
            return error_answer(409, "RESOURCE_ALREADY_EXIST")
        return spoiled(fault, Answer(202))

    def _refunded(self, body: Mapping[str, Any]) -> tuple[str, Magic]:
        """The payer of the collection to refund, and how the refund goes."""
        wanted = text_of(body, "referenceIdToRefund")
        if wanted in REFUND_MAGIC:
            return "46733123450", REFUND_MAGIC[wanted]
        try:
            wanted = str(UUID(wanted))
        except ValueError as error:
            raise UnreadableBody("referenceIdToRefund") from error
        collected = self._simulator.store.find("requesttopay", wanted)
        if collected is None or self._simulator.status_now(collected, time.time()) != SUCCESSFUL:
            # Taken all the same; what cannot be refunded fails in the status.
            return "46733123450", Magic("RESOURCE_NOT_FOUND")
        # Back to the same wallet, whatever magic it brought the first time.
        return collected.party, REFUNDED_MAGIC.get(ending(collected.party), APPROVES)

    def _status(self, kind: str) -> Call:
        def status(request: Request, caller: Caller) -> Answer:
            instruction, fault = self.queried(kind, request)
            now = time.time()
            body = self._resource(instruction, self._simulator.status_now(instruction, now))
            kinds = (fault.kind, instruction.fault)
            if FaultKind.WRONG_AMOUNT in kinds:
                body = self._with_wrong_amount(instruction, body)
            if FaultKind.ANSWER_FOR_ANOTHER in kinds:
                body = self._of_another(instruction, body)
            return spoiled(fault, json_answer(body))

        return status

    def queried(self, kind: str, request: Request) -> tuple[Instruction, Fault]:
        """The instruction asked for and the fault of this very query. Raises Refusal."""
        reference = request.parameters["reference"].lower()
        if not is_uuid(reference):
            raise Refusal(Answer(400))
        instruction = self._simulator.store.find(kind, reference)
        party = "" if instruction is None else instruction.party
        fault = self._simulator.faults.draw(
            QUERY, {OPERATIONS[kind]}, party=party, reference=reference
        )
        strike_before(fault)
        if instruction is None:
            raise Refusal(fault.spoil(error_answer(404, "RESOURCE_NOT_FOUND")))
        own = Fault(FaultKind(instruction.fault), instruction.fault_value)
        visible_at = instruction.created_at + own.amount
        if own.kind is FaultKind.HIDDEN_AT_FIRST and time.time() < visible_at:
            raise Refusal(error_answer(404, "RESOURCE_NOT_FOUND"))
        if own.kind is FaultKind.JUNK_BODY:
            given = int(instruction.details.get("junk_given", 0))
            if given < own.amount:
                details = {**instruction.details, "junk_given": given + 1}
                self._simulator.change(replace(instruction, details=details))
                raise Refusal(own.spoil(Answer()))
        return instruction, fault

    def _resource(self, instruction: Instruction, status: str) -> dict[str, Any]:
        """The status resource, as the query answers it and the callback carries it."""
        details = instruction.details
        role = PARTY_ROLES[instruction.kind]
        body: dict[str, Any] = {
            "amount": decimal(instruction.amount, instruction.currency),
            "currency": instruction.currency,
        }
        # Deposits carried none in the recorded sandbox run.
        if status == SUCCESSFUL and instruction.kind != "deposit":
            body["financialTransactionId"] = instruction.provider_reference
        body["externalId"] = details["external_id"]
        body[role] = {"partyIdType": details["party_type"], "partyId": instruction.party}
        body["payerMessage"] = details["payer_message"]
        body["payeeNote"] = details["payee_note"]
        body["status"] = status
        if status == FAILED:
            body["reason"] = self.reason(instruction.reason or "EXPIRED")
        return body

    def reason(self, code: str) -> Any:
        if not self._simulator.settings["reason_as_object"]:
            return code
        return {"code": code, "message": MESSAGES.get(code, code.replace("_", " ").capitalize())}

    def _bodies(self, instruction: Instruction) -> CallbackBodies:
        success = self._resource(instruction, SUCCESSFUL)
        return CallbackBodies(
            truth=json_bytes(self._resource(instruction, instruction.status)),
            pending=json_bytes(self._resource(instruction, PENDING)),
            success=json_bytes(success),
            failure=json_bytes(self._resource(instruction, FAILED)),
            wrong_amount=json_bytes(self._with_wrong_amount(instruction, success)),
            another=json_bytes(self._of_another(instruction, success)),
        )

    def _with_wrong_amount(
        self, instruction: Instruction, body: Mapping[str, Any]
    ) -> dict[str, Any]:
        wrong = instruction.amount // 2 or instruction.amount + 1
        return {**body, "amount": decimal(wrong, instruction.currency)}

    def _of_another(self, instruction: Instruction, body: Mapping[str, Any]) -> dict[str, Any]:
        role = PARTY_ROLES[instruction.kind]
        another = {"partyIdType": "MSISDN", "partyId": "237677000099"}
        return {
            **body,
            "externalId": "00000000-0000-4000-8000-000000000000",
            "financialTransactionId": "1",
            role: another,
        }

    def _notify_delivery(self, kind: str) -> Call:
        def notify_delivery(request: Request, caller: Caller) -> Answer:
            text = request.header("notificationMessage")
            if request.body and request.json() is not None:
                text = request.json_object().get("notificationMessage") or text
            if not text or len(text) > NOTIFICATION_LENGTH_MAX:
                return Answer(400)
            now = time.time()
            instruction = self._simulator.store.find(kind, request.parameters["reference"])
            if instruction is None:
                return error_answer(404, "RESOURCE_NOT_FOUND")
            if (
                self._simulator.status_now(instruction, now) != SUCCESSFUL
                or instruction.decide_at is None
            ):
                return error_answer(409, "TRANSACTION_NOT_COMPLETED")
            if now - instruction.decide_at > NOTIFICATION_TIME_S:
                return error_answer(410, "EXPIRED")
            return Answer(200)

        return notify_delivery

    def _callback_url(self, request: Request, caller: Caller) -> str:
        url = request.header("x-callback-url")
        if url is None:
            return ""
        try:
            host = urlsplit(url).hostname
        except ValueError:
            host = None
        if not host or not url.startswith(("http://", "https://")):
            raise Refusal(Answer(400))
        if host not in caller.callback_hosts:
            raise Refusal(error_answer(500, "INVALID_CALLBACK_URL_HOST"))
        return url

    def currency(self, body: Mapping[str, Any], caller: Caller) -> str:
        currency = text_of(body, "currency")
        if currency != CURRENCIES[caller.environment]:
            raise Refusal(error_answer(500, "INVALID_CURRENCY"))
        return currency
