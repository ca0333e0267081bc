"""MTN's side of the wire: sandbox provisioning, tokens, collection, disbursement, remittance.

Shares no code with the connector. Sources and what is ours where MTN is silent: README.md.
"""

from __future__ import annotations

import base64
import csv
import hmac
import io
import json
import os
import re
import secrets
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import replace
from datetime import UTC, date, datetime
from typing import Any, NamedTuple
from urllib.parse import unquote, urlsplit
from uuid import UUID, uuid4

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
    CREATE,
    PAYEE,
    QUERY,
    TOKEN,
    Fault,
    FaultKind,
)
from apps.providers.simulation.report import ReportLine
from apps.providers.simulation.simulator import Context, Simulator
from apps.providers.simulation.store import Instruction

from .simulator_payers import (
    ACCOUNT_HOLDER_INACTIVE,
    ACCOUNT_HOLDER_MAGIC,
    APPROVES,
    COLLECT_MAGIC,
    FAILED,
    PAYMENT_MAGIC,
    PENDING,
    PREAPPROVAL_MAGIC,
    REFUND_MAGIC,
    SUCCESSFUL,
    TRANSFER_MAGIC,
    Magic,
    ending,
)

# Test mode's account. Worth nothing anywhere else.
DEMO_SUBSCRIPTION_KEY = "5f1c0de05f1c0de05f1c0de05f1c0de0"
DEMO_COLLECTION_ONLY_KEY = "c0113c70c0113c70c0113c70c0113c70"
DEMO_API_USER = "a3f1c5d2-7b64-4e0f-9c1a-2d5e8b7f6a10"
DEMO_API_KEY = "de30a91de30a91de30a91de30a91de30"

SUBSCRIPTIONS: Mapping[str, frozenset[str]] = {
    DEMO_SUBSCRIPTION_KEY: frozenset({"collection", "disbursement", "remittance"}),
    DEMO_COLLECTION_ONLY_KEY: frozenset({"collection"}),
}

# Target environment -> its currency. Source: official list of environments; sandbox EUR only.
CURRENCIES = {
    "sandbox": "EUR",
    "mtncameroon": "XAF",
    "mtncongo": "XAF",
    "mtnivorycoast": "XOF",
    "mtnbenin": "XOF",
    "mtnguineaconakry": "GNF",
    "mtnghana": "GHS",
    "mtnuganda": "UGX",
    "mtnzambia": "ZMW",
    "mtnswaziland": "SZL",
    "mtnsouthafrica": "ZAR",
    "mtnliberia": "LRD",
}
DECIMALS = {"EUR": 2, "GHS": 2, "ZMW": 2, "SZL": 2, "ZAR": 2, "LRD": 2}

# Where callbacks may go: the demo user's providerCallbackHost, more by environment variable.
CALLBACK_HOSTS_VARIABLE = "LOMI_SIM_MTN_CALLBACK_HOSTS"
CALLBACK_HOSTS = ("127.0.0.1", "localhost")

# Which member of the body names the other party, by kind of instruction.
PARTY_ROLES = {
    "requesttopay": "payer",
    "requesttowithdraw": "payer",
    "transfer": "payee",
    "deposit": "payee",
    "refund": "payee",
    "cashtransfer": "payee",
}
MONEY_IN = ("requesttopay", "requesttowithdraw", "payment", "invoice")
MONEY_OUT = ("transfer", "deposit", "refund", "cashtransfer")

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
APIM_NO_KEY = (
    "Access denied due to missing subscription key."
    " Make sure to include subscription key when making requests to an API."
)
APIM_BAD_KEY = (
    "Access denied due to invalid subscription key."
    " Make sure to provide a valid key for an active subscription."
)
# Everybody in MTN's sandbox is the same person.
IDENTITY = {
    "given_name": "Sand",
    "family_name": "Box",
    "birthdate": "1976-08-13",
    "locale": "sv_SE",
    "gender": "MALE",
}
NOTIFICATION_LENGTH_MAX = 160
NOTIFICATION_TIME_S = 3600
INVOICE_LIFE_S = 3600
REPORT_COLUMNS = (
    "date",
    "type",
    "externalId",
    "financialTransactionId",
    "amount",
    "fee",
    "currency",
    "status",
)


class Refusal(Exception):
    """An answer that ends the handling at once."""

    def __init__(self, answer: Answer) -> None:
        super().__init__(answer.status)
        self.answer = answer


class Caller(NamedTuple):
    """Who a business call comes from, once it is let in."""

    user: str
    product: str
    environment: str
    callback_hosts: Sequence[str]


Call = Callable[[Request, Caller], Answer]


class MtnMomoSimulator(Simulator):
    """All products under one roof; `/collection/…` and so on are paths, as at MTN."""

    code = "mtn_momo"
    succeeded = SUCCESSFUL
    setting_defaults = {
        "token_lifetime_s": 3600,
        "ongoing_after_s": 30.0,
        "reason_as_object": 0,
        "opening_balance": 10_000_000,
        # 1: the newer platform, which wants the target environment for tokens as well.
        "is_new_platform": 0,
        "token_delay_s": 0,
        "refuses_empty_message": 0,
    }

    def __init__(self, context: Context) -> None:
        super().__init__(context)
        # Tokens in memory for speed, in the store for restarts: value -> (user, expires at).
        self._tokens: dict[str, tuple[str, float]] = {}
        self._users: dict[str, dict[str, Any]] = {}

    def on_start(self) -> None:
        if self.store.get("users", DEMO_API_USER) is None:
            self._save_user(
                DEMO_API_USER,
                {
                    "callback_hosts": [*CALLBACK_HOSTS, *_hosts_from_environment()],
                    "environments": list(CURRENCIES),
                    "api_key": DEMO_API_KEY,
                },
            )
        self._users = dict(self.store.entries("users"))
        self._tokens = {token: (user, end) for token, (user, end) in self.store.entries("tokens")}

    def routes(self) -> Sequence[Route]:
        business = self._business
        routes = [
            Route("POST", "/v1_0/apiuser", self._guarded(self.create_api_user)),
            Route("GET", "/v1_0/apiuser/{user}", self._guarded(self.show_api_user)),
            Route("POST", "/v1_0/apiuser/{user}/apikey", self._guarded(self.create_api_key)),
        ]
        for product in ("collection", "disbursement", "remittance"):
            base = f"/{product}"
            for path in (f"{base}/token/", f"{base}/token"):
                routes.append(Route("POST", path, self._guarded(self._token_call(product))))
            for path in (f"{base}/oauth2/token/", f"{base}/oauth2/token"):
                routes.append(Route("POST", path, self._guarded(self._consent_token(product))))
            routes += [
                business("POST", product, "/v1_0/bc-authorize", self.authorize),
                business("GET", product, "/oauth2/v1_0/userinfo", self.user_info),
                business("GET", product, "/v1_0/account/balance", self.balance),
                business("GET", product, "/v1_0/account/balance/{currency}", self.balance),
                business("GET", product, "/v1_0/accountholder/{type}/{id}/active", self.active),
                business(
                    "GET",
                    product,
                    "/v1_0/accountholder/{type}/{id}/basicuserinfo",
                    self.basic_user_info,
                ),
            ]
        for product, kind, versions in (
            ("collection", "requesttopay", (1,)),
            ("collection", "requesttowithdraw", (1, 2)),
            ("disbursement", "transfer", (1,)),
            ("disbursement", "deposit", (1, 2)),
            ("disbursement", "refund", (1, 2)),
            ("remittance", "transfer", (1,)),
            ("remittance", "cashtransfer", (2,)),
        ):
            for version in versions:
                path = f"/v{version}_0/{kind}"
                routes.append(business("POST", product, path, self._order(kind, version)))
                routes.append(business("GET", product, path + "/{reference}", self._status(kind)))
                notify = f"{path}/{{reference}}/deliverynotification"
                routes.append(business("POST", product, notify, self._notify_delivery(kind)))
        return [
            *routes,
            business("POST", "collection", "/v2_0/invoice", self.create_invoice),
            business("GET", "collection", "/v2_0/invoice/{reference}", self.show_invoice),
            business("DELETE", "collection", "/v2_0/invoice/{reference}", self.cancel_invoice),
            business("POST", "collection", "/v2_0/payment", self.create_payment),
            business("GET", "collection", "/v2_0/payment/{reference}", self.show_payment),
            business("POST", "collection", "/v2_0/preapproval", self.create_preapproval),
            business("GET", "collection", "/v2_0/preapproval/{reference}", self.show_preapproval),
            business("GET", "collection", "/v1_0/preapprovals/{type}/{id}", self.list_preapprovals),
            business(
                "DELETE", "collection", "/v1_0/preapproval/{reference}", self.cancel_preapproval
            ),
        ]

    def not_found(self, request: Request) -> Answer:
        # The gateway's, not MTN's: no such operation.
        return json_answer({"statusCode": 404, "message": "Resource not found"}, 404)

    # Sandbox provisioning

    def create_api_user(self, request: Request) -> Answer:
        self._subscription(request)
        reference = _reference_id(request)
        host = request.json_object().get("providerCallbackHost")
        # A URL is taken for a host too, and then matches no callback.
        if not isinstance(host, str) or not host:
            raise UnreadableBody("providerCallbackHost")
        if reference in self._users:
            return _error(409, "RESOURCE_ALREADY_EXIST")
        self._save_user(
            reference, {"callback_hosts": [host], "environments": ["sandbox"], "api_key": ""}
        )
        return Answer(201)

    def show_api_user(self, request: Request) -> Answer:
        self._subscription(request)
        user = self._users.get(request.parameters["user"])
        if user is None:
            return _error(404, "RESOURCE_NOT_FOUND")
        return json_answer(
            {
                "providerCallbackHost": user["callback_hosts"][0],
                "targetEnvironment": user["environments"][0],
            }
        )

    def create_api_key(self, request: Request) -> Answer:
        self._subscription(request)
        reference = request.parameters["user"]
        user = self._users.get(reference)
        if user is None:
            return _error(404, "RESOURCE_NOT_FOUND")
        api_key = secrets.token_hex(16)
        self._save_user(reference, {**user, "api_key": api_key})
        return json_answer({"apiKey": api_key}, 201)

    # Tokens and consent

    def _token_call(self, product: str) -> Callable[[Request], Answer]:
        def token(request: Request) -> Answer:
            # The body is not read: clients send nothing, null or {}.
            self._subscription(request, product)
            fault = self.faults.draw(TOKEN)
            self._strike_before(fault)
            self._environment_of_token_call(request)
            user = self._authenticated(request)
            value = self._new_token(user, self.settings["token_lifetime_s"])
            answer = json_answer(
                {
                    "access_token": value,
                    "token_type": "access_token",
                    "expires_in": int(self.settings["token_lifetime_s"]),
                }
            )
            return fault.spoil(answer.changed(delay_s=self.settings["token_delay_s"]))

        return token

    def _environment_of_token_call(self, request: Request) -> None:
        is_known = (request.header("x-target-environment") or "") in CURRENCIES
        if self.settings["is_new_platform"] and not is_known:
            error = {"error": "Invalid or missing X-Target-Environment header"}
            raise Refusal(json_answer(error, 400))

    def _consent_token(self, product: str) -> Callable[[Request], Answer]:
        def consent_token(request: Request) -> Answer:
            self._subscription(request, product)
            user = self._authenticated(request)
            consent = self.store.get("consents", request.form().get("auth_req_id", ""))
            if consent is None:
                return json_answer({"error": "invalid_grant"}, 400)
            return json_answer(
                {
                    "access_token": self._new_token(user, 3600, party=consent["party"]),
                    "token_type": "Bearer",
                    "expires_in": 3600,
                    "scope": consent["scope"],
                    "refresh_token": secrets.token_urlsafe(24),
                    "refresh_token_expired_in": 86400,
                }
            )

        return consent_token

    def authorize(self, request: Request, caller: Caller) -> Answer:
        form = request.form()
        # A placeholder of the documents ("ID:{msisdn}/MSISDN") is taken as well.
        hint = re.fullmatch(r"ID:(.+)/MSISDN", form.get("login_hint", ""), re.IGNORECASE)
        if hint is None or not form.get("scope"):
            return json_answer({"error": "invalid_request"}, 400)
        consent_id = str(uuid4())
        consent = {"party": hint[1], "scope": form["scope"]}
        self.store.put("consents", consent_id, consent, expires_at=time.time() + 3600)
        return json_answer({"auth_req_id": consent_id, "interval": 5, "expires_in": 3600})

    def user_info(self, request: Request, caller: Caller) -> Answer:
        party = self.store.get("consent_tokens", request.bearer_token())
        if party is None:
            return json_answer({"error": "insufficient_scope"}, 403)
        return json_answer(
            {
                "sub": party,
                "name": "Sand Box",
                **IDENTITY,
                "phone_number": party,
                "phone_number_verified": True,
                "status": "ACTIVE",
            }
        )

    # Accounts

    def balance(self, request: Request, caller: Caller) -> Answer:
        currency = request.parameters.get("currency") or CURRENCIES[caller.environment]
        if currency != CURRENCIES[caller.environment]:
            return _error(500, "INVALID_CURRENCY")
        now = time.time()
        moved_in = self.store.total(MONEY_IN, SUCCESSFUL, currency, now)
        moved_out = self.store.total(MONEY_OUT, SUCCESSFUL, currency, now)
        available = moved_in if caller.product == "collection" else -moved_out
        available += int(self.settings["opening_balance"])
        return json_answer(
            {"availableBalance": _decimal(available, currency), "currency": currency}
        )

    def active(self, request: Request, caller: Caller) -> Answer:
        # npm mtn-momo sends the type in upper case.
        if request.parameters["type"].lower() not in ("msisdn", "email", "party_code"):
            return Answer(400)
        party = unquote(request.parameters["id"])
        fault = self.faults.draw(PAYEE, party=party)
        self._strike_before(fault)
        suffix = ending(party)
        if suffix in ACCOUNT_HOLDER_MAGIC:
            return _spoiled(fault, _error(*ACCOUNT_HOLDER_MAGIC[suffix]))
        return _spoiled(fault, json_answer({"result": suffix != ACCOUNT_HOLDER_INACTIVE}))

    def basic_user_info(self, request: Request, caller: Caller) -> Answer:
        suffix = ending(unquote(request.parameters["id"]))
        if suffix in ACCOUNT_HOLDER_MAGIC:
            return _error(*ACCOUNT_HOLDER_MAGIC[suffix])
        return json_answer({**IDENTITY, "status": "ACTIVE"})

    # Money

    def _order(self, kind: str, version: int) -> Call:
        """The POST of one kind: 202 and an empty body, or what §6 of the protocol says."""

        def order(request: Request, caller: Caller) -> Answer:
            reference = _reference_id(request)
            callback_url = self._callback_url(request, caller)
            body = request.json_object()
            currency = _text(body, "currency")
            amount = _minor_units(_amount_text(body), currency)
            role = PARTY_ROLES[kind]
            if kind == "deposit" and role not in body:
                # mtn-momo-client calls the receiver of a deposit "payer".
                role = "payer"
            if kind == "refund":
                party, magic = self._refunded(body)
            else:
                party = _party(body, role)
                table = COLLECT_MAGIC if kind in _LIKE_COLLECT else TRANSFER_MAGIC
                magic = table.get(ending(party), APPROVES)
            _short(body, "payerMessage")
            _short(body, "payeeNote")
            if self.settings["refuses_empty_message"] and body.get("payerMessage") == "":
                return _error(500, "INTERNAL_PROCESSING_ERROR")
            if currency != CURRENCIES[caller.environment]:
                return _error(500, "INVALID_CURRENCY")
            return self._take(
                kind,
                reference,
                amount,
                currency,
                party,
                magic,
                details={
                    "external_id": str(body.get("externalId") or ""),
                    "party_type": _party_type(body, role),
                    "payer_message": body.get("payerMessage") or "",
                    "payee_note": body.get("payeeNote") or "",
                },
                callback_url=callback_url,
                # The documents: POST for version 1, PUT for version 2.
                callback_method="POST" if version == 1 else "PUT",
            )

        return order

    def _take(
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
            return _error(magic.refuse_with, magic.reason)
        fault = self.faults.draw(CREATE, party=party, reference=reference)
        self._strike_before(fault)
        now = time.time()
        status, reason = magic.status, magic.reason
        decide_at: float | None = self.decide_at(fault, now)
        if magic.never:
            decide_at = None
        elif magic.ongoing:
            decide_at = now + self.settings["ongoing_after_s"]
        if fault.kind is FaultKind.FORGED_CALLBACK:
            # The callbacks will claim a success that never was.
            status, reason = FAILED, "APPROVAL_REJECTED"
        instruction = Instruction(
            kind=kind,
            reference=reference,
            provider_reference=str(self.next_number()),
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
        if not self.accept(
            instruction, self.callbacks(planned, url=callback_url, method=callback_method)
        ):
            return _error(409, "RESOURCE_ALREADY_EXIST")
        return _spoiled(fault, Answer(202))

    def _refunded(self, body: Mapping[str, Any]) -> tuple[str, Magic]:
        """The payer of the collection to refund, and how the refund goes."""
        wanted = _text(body, "referenceIdToRefund")
        if wanted in REFUND_MAGIC:
            return "46733123450", REFUND_MAGIC[wanted]
        try:
            wanted = str(UUID(wanted))
        except ValueError as error:
            raise UnreadableBody("referenceIdToRefund") from error
        collected = self.store.find("requesttopay", wanted)
        if collected is None or self.status_now(collected, time.time()) != SUCCESSFUL:
            # Taken all the same; what cannot be refunded fails in the status.
            return "46733123450", Magic("RESOURCE_NOT_FOUND")
        # Back to the same wallet, whatever magic it brought the first time.
        return collected.party, APPROVES

    def _status(self, kind: str) -> Call:
        def status(request: Request, caller: Caller) -> Answer:
            instruction, fault = self._queried(kind, request)
            now = time.time()
            body = self._resource(instruction, self.status_now(instruction, now))
            kinds = (fault.kind, instruction.fault)
            if FaultKind.WRONG_AMOUNT in kinds:
                body = self._with_wrong_amount(instruction, body)
            if FaultKind.ANSWER_FOR_ANOTHER in kinds:
                body = self._of_another(instruction, body)
            return _spoiled(fault, json_answer(body))

        return status

    def _queried(self, kind: str, request: Request) -> tuple[Instruction, Fault]:
        """The instruction asked for and the fault of this very query. Raises Refusal."""
        reference = request.parameters["reference"].lower()
        if not _is_uuid(reference):
            raise Refusal(Answer(400))
        instruction = self.store.find(kind, reference)
        party = "" if instruction is None else instruction.party
        fault = self.faults.draw(QUERY, party=party, reference=reference)
        self._strike_before(fault)
        if instruction is None:
            raise Refusal(fault.spoil(_error(404, "RESOURCE_NOT_FOUND")))
        own = Fault(FaultKind(instruction.fault), instruction.fault_value)
        visible_at = instruction.created_at + own.amount
        if own.kind is FaultKind.HIDDEN_AT_FIRST and time.time() < visible_at:
            raise Refusal(_error(404, "RESOURCE_NOT_FOUND"))
        if own.kind is FaultKind.JUNK_BODY:
            given = int(instruction.details.get("junk_given", 0))
            if given < own.amount:
                details = {**instruction.details, "junk_given": given + 1}
                self.change(replace(instruction, details=details))
                raise Refusal(own.spoil(Answer()))
        return instruction, fault

    def status_now(self, instruction: Instruction, now: float) -> str:
        if self.is_expired_for_now(instruction, now):
            return FAILED
        if instruction.details.get("canceled"):
            return FAILED
        return instruction.status if instruction.is_decided(now) else PENDING

    def _resource(self, instruction: Instruction, status: str) -> dict[str, Any]:
        """The status resource, as the query answers it and the callback carries it."""
        details = instruction.details
        role = PARTY_ROLES[instruction.kind]
        body: dict[str, Any] = {
            "amount": _decimal(instruction.amount, instruction.currency),
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
            body["reason"] = self._reason(instruction.reason or "EXPIRED")
        return body

    def _reason(self, code: str) -> Any:
        if not self.settings["reason_as_object"]:
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
        return {**body, "amount": _decimal(wrong, instruction.currency)}

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
            instruction = self.store.find(kind, request.parameters["reference"])
            if instruction is None:
                return _error(404, "RESOURCE_NOT_FOUND")
            if self.status_now(instruction, now) != SUCCESSFUL or instruction.decide_at is None:
                return _error(409, "TRANSACTION_NOT_COMPLETED")
            if now - instruction.decide_at > NOTIFICATION_TIME_S:
                return _error(410, "EXPIRED")
            return Answer(200)

        return notify_delivery

    # Invoices, payments by amount, pre-approvals

    def create_invoice(self, request: Request, caller: Caller) -> Answer:
        body = request.json_object()
        currency = self._currency(body, caller)
        party = _party(body, "intendedPayer")
        return self._take(
            "invoice",
            _reference_id(request),
            _minor_units(_amount_text(body), currency),
            currency,
            party,
            COLLECT_MAGIC.get(ending(party), APPROVES),
            details={
                "external_id": str(body.get("externalId") or ""),
                "description": str(body.get("description") or ""),
            },
        )

    def show_invoice(self, request: Request, caller: Caller) -> Answer:
        instruction, fault = self._queried("invoice", request)
        status = self.status_now(instruction, time.time())
        # An invoice nobody has paid yet is CREATED.
        answer = {
            "referenceId": instruction.reference,
            "externalId": instruction.details["external_id"],
            "amount": _decimal(instruction.amount, instruction.currency),
            "currency": instruction.currency,
            "status": "CREATED" if status == PENDING else status,
            "paymentReference": instruction.provider_reference,
            "invoiceId": instruction.reference,
            "expiryDateTime": _iso(instruction.created_at + INVOICE_LIFE_S),
            "intendedPayer": {"partyIdType": "MSISDN", "partyId": instruction.party},
            "description": instruction.details["description"],
        }
        if status == FAILED:
            answer["errorReason"] = {"code": instruction.reason, "message": instruction.reason}
        return fault.spoil(json_answer(answer))

    def cancel_invoice(self, request: Request, caller: Caller) -> Answer:
        instruction, _ = self._queried("invoice", request)
        if self.status_now(instruction, time.time()) == PENDING:
            details = {**instruction.details, "canceled": True}
            self.change(replace(instruction, details=details, reason="TRANSACTION_CANCELED"))
        # One already paid is answered so as well, and stays paid.
        return Answer(202)

    def create_payment(self, request: Request, caller: Caller) -> Answer:
        body = request.json_object()
        money = body.get("money")
        if not isinstance(money, dict):
            raise UnreadableBody("money")
        currency = self._currency(money, caller)
        amount = _amount_text(money)
        return self._take(
            "payment",
            _reference_id(request),
            _minor_units(amount, currency),
            currency,
            str(body.get("customerReference") or ""),
            PAYMENT_MAGIC.get(amount, APPROVES),
            details={"external_id": str(body.get("externalTransactionId") or "")},
        )

    def show_payment(self, request: Request, caller: Caller) -> Answer:
        instruction, fault = self._queried("payment", request)
        status = self.status_now(instruction, time.time())
        answer: dict[str, Any] = {
            "referenceId": instruction.reference,
            "status": "CREATED" if status == PENDING else status,
        }
        if status == SUCCESSFUL:
            answer["financialTransactionId"] = instruction.provider_reference
        if status == FAILED:
            answer["reason"] = self._reason(instruction.reason)
        return fault.spoil(json_answer(answer))

    def create_preapproval(self, request: Request, caller: Caller) -> Answer:
        body = request.json_object()
        currency = _text(body, "payerCurrency")
        if currency != CURRENCIES[caller.environment]:
            return _error(500, "INVALID_CURRENCY")
        party = _party(body, "payer")
        return self._take(
            "preapproval",
            _reference_id(request),
            0,
            currency,
            party,
            PREAPPROVAL_MAGIC.get(ending(party), APPROVES),
            details={
                "payer_message": str(body.get("payerMessage") or ""),
                "lasts_s": _seconds(body, "validityTime"),
            },
        )

    def show_preapproval(self, request: Request, caller: Caller) -> Answer:
        instruction, fault = self._queried("preapproval", request)
        return fault.spoil(json_answer(self._preapproval(instruction)))

    def list_preapprovals(self, request: Request, caller: Caller) -> Answer:
        party = unquote(request.parameters["id"])
        found = [
            {
                "preApprovalId": instruction.reference,
                "toFri": f"FRI:{caller.user}/USER",
                "fromFri": f"FRI:{instruction.party}/MSISDN",
                "fromCurrency": instruction.currency,
                "createdTime": _iso(instruction.created_at),
                "status": _list_word(self._preapproval(instruction)),
                "message": instruction.details["payer_message"],
            }
            for instruction in self.store.instructions()
            if instruction.kind == "preapproval" and instruction.party == party
        ]
        return json_answer(found)

    def cancel_preapproval(self, request: Request, caller: Caller) -> Answer:
        instruction, _ = self._queried("preapproval", request)
        details = {**instruction.details, "canceled": True}
        self.change(replace(instruction, details=details, reason="TRANSACTION_CANCELED"))
        return Answer(200)

    def _preapproval(self, instruction: Instruction) -> dict[str, Any]:
        status = self.status_now(instruction, time.time())
        ends_at = instruction.created_at + instruction.details["lasts_s"]
        body = {
            "payer": {"partyIdType": "MSISDN", "partyId": instruction.party},
            "payerCurrency": instruction.currency,
            "payerMessage": instruction.details["payer_message"],
            "status": status,
            "expirationDateTime": _iso(ends_at),
        }
        if status == FAILED:
            body["reason"] = self._reason(instruction.reason)
        return body

    # The report

    def report_lines(self, day: date) -> Iterator[ReportLine]:
        """Pre-approvals move no money."""
        return (line for line in super().report_lines(day) if line.kind != "preapproval")

    def book(self, *, since: float = 0.0) -> Iterator[dict[str, Any]]:
        return (entry for entry in super().book(since=since) if entry["kind"] != "preapproval")

    def report_header(self) -> str:
        return _csv_line(REPORT_COLUMNS)

    def report_row(self, line: ReportLine) -> str:
        return _csv_line(
            (
                line.occurred_at.isoformat(timespec="seconds"),
                line.kind,
                line.details.get("external_id", line.reference),
                line.provider_reference,
                _decimal(line.amount, line.currency),
                _decimal(line.fee, line.currency),
                line.currency,
                line.status,
            )
        )

    # Doors

    def _business(self, method: str, product: str, path: str, call: Call) -> Route:
        """A route behind subscription key, token and target environment."""

        def handle(request: Request) -> Answer:
            return call(request, self._caller(request, product))

        return Route(method, f"/{product}{path}", self._guarded(handle))

    def _guarded(self, handler: Callable[[Request], Answer]) -> Callable[[Request], Answer]:
        def handle(request: Request) -> Answer:
            try:
                return handler(request)
            except Refusal as refusal:
                return refusal.answer

        return handle

    def _subscription(self, request: Request, product: str = "") -> None:
        """Azure's gateway stands in front; it has its own shape of error."""
        key = request.header("ocp-apim-subscription-key")
        if not key:
            raise Refusal(json_answer({"statusCode": 401, "message": APIM_NO_KEY}, 401))
        products = SUBSCRIPTIONS.get(key.replace("-", "").lower())
        if products is None or (product and product not in products):
            raise Refusal(json_answer({"statusCode": 401, "message": APIM_BAD_KEY}, 401))

    def _authenticated(self, request: Request) -> str:
        credentials = request.basic_credentials()
        user = self._users.get(credentials[0]) if credentials else None
        if credentials is None or user is None or not user["api_key"]:
            raise Refusal(self._login_failed())
        if not hmac.compare_digest(credentials[1].encode(), user["api_key"].encode()):
            raise Refusal(self._login_failed())
        return credentials[0]

    def _login_failed(self) -> Answer:
        word = "invalid_client" if self.settings["is_new_platform"] else "login_failed"
        return json_answer({"error": word}, 401)

    def _caller(self, request: Request, product: str) -> Caller:
        self._subscription(request, product)
        token = request.bearer_token()
        if self.faults.token_expires(_stage(request)):
            self._forget_token(token)
        # The sandbox does not tie a token to its product.
        name, expires_at = self._tokens.get(token, ("", 0.0))
        if expires_at <= time.time():
            raise Refusal(json_answer({"error": "invalid_token"}, 401))
        user = self._users[name]
        environment = request.header("x-target-environment") or ""
        if environment not in user["environments"]:
            raise Refusal(_error(500, "NOT_ALLOWED_TARGET_ENVIRONMENT"))
        return Caller(name, product, environment, user["callback_hosts"])

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
            raise Refusal(_error(500, "INVALID_CALLBACK_URL_HOST"))
        return url

    def _strike_before(self, fault: Fault) -> None:
        """The faults that leave nothing behind."""
        if fault.kind is FaultKind.DOWN:
            raise Refusal(_error(503, "SERVICE_UNAVAILABLE"))
        if fault.kind is FaultKind.ERROR_500:
            raise Refusal(_error(500, "INTERNAL_PROCESSING_ERROR"))
        if fault.kind is FaultKind.DROP_BEFORE_ACCEPTING:
            raise Refusal(fault.spoil(Answer()))

    def _currency(self, body: Mapping[str, Any], caller: Caller) -> str:
        currency = _text(body, "currency")
        if currency != CURRENCIES[caller.environment]:
            raise Refusal(_error(500, "INVALID_CURRENCY"))
        return currency

    def _save_user(self, reference: str, user: dict[str, Any]) -> None:
        self.store.put("users", reference, user)
        self._users[reference] = user

    def _new_token(self, user: str, lifetime_s: float, *, party: str = "") -> str:
        claims = {"clientId": user, "exp": int(time.time() + lifetime_s), "sessionId": party}
        parts = [json.dumps({"typ": "JWT", "alg": "R256"}), json.dumps(claims)]
        encoded = [base64.urlsafe_b64encode(part.encode()).rstrip(b"=").decode() for part in parts]
        token = ".".join([*encoded, secrets.token_urlsafe(48)])
        expires_at = time.time() + lifetime_s
        self.store.put("tokens", token, [user, expires_at], expires_at=expires_at)
        if party:
            self.store.put("consent_tokens", token, party, expires_at=expires_at)
        self._tokens = {
            value: (owner, end) for value, (owner, end) in self._tokens.items() if end > time.time()
        } | {token: (user, expires_at)}
        return token

    def _forget_token(self, token: str) -> None:
        self._tokens.pop(token, None)
        self.store.drop("tokens", token)


_LIKE_COLLECT = ("requesttopay", "requesttowithdraw", "deposit")


def _spoiled(fault: Fault, answer: Answer) -> Answer:
    """The answer to what was taken, as this fault lets it out."""
    if fault.kind is FaultKind.ERROR_500_THOUGH_ACCEPTED:
        return _error(500, "INTERNAL_PROCESSING_ERROR")
    if fault.kind is FaultKind.BUSY_THOUGH_ACCEPTED:
        return _error(503, "SERVICE_UNAVAILABLE")
    return fault.spoil(answer)


def _stage(request: Request) -> str:
    if "/accountholder/" in request.path:
        return PAYEE
    return QUERY if request.method == "GET" else CREATE


def _error(status: int, code: str) -> Answer:
    return json_answer({"code": code, "message": MESSAGES.get(code, code)}, status)


def _reference_id(request: Request) -> str:
    """X-Reference-Id, which must be a version 4 UUID. Raises Refusal(400)."""
    value = request.header("x-reference-id") or ""
    try:
        reference = UUID(value)
    except ValueError:
        raise Refusal(Answer(400)) from None
    if reference.version != 4 or len(value) != 36:
        raise Refusal(Answer(400))
    return str(reference)


def _text(body: Mapping[str, Any], name: str) -> str:
    value = body.get(name)
    if not isinstance(value, str) or not value:
        raise UnreadableBody(name)
    return value


def _list_word(preapproval: Mapping[str, Any]) -> str:
    """The list has words of its own."""
    if preapproval["status"] != FAILED:
        return "APPROVED" if preapproval["status"] == SUCCESSFUL else PENDING
    reason = preapproval["reason"]
    code = reason["code"] if isinstance(reason, dict) else reason
    return {"TRANSACTION_CANCELED": "CANCELLED", "EXPIRED": "EXPIRED"}.get(code, "REJECTED")


def _is_uuid(text: str) -> bool:
    try:
        return len(text) == 36 and bool(UUID(text))
    except ValueError:
        return False


def _amount_text(body: Mapping[str, Any]) -> str:
    """A string on this wire; several clients send a JSON number, and that works."""
    value = body.get("amount")
    is_number = isinstance(value, (int, float)) and not isinstance(value, bool)
    return str(value) if is_number else _text(body, "amount")


def _seconds(body: Mapping[str, Any], name: str) -> int:
    value = body.get(name, 3600)
    if isinstance(value, bool) or not isinstance(value, int) or value <= 0:
        raise UnreadableBody(name)
    return value


def _short(body: Mapping[str, Any], name: str) -> None:
    """Letters of any script; these two signs are attested as refused."""
    value = body.get(name) or ""
    if not isinstance(value, str) or len(value) > 160 or "'" in value or "&" in value:
        raise UnreadableBody(name)


def _party(body: Mapping[str, Any], role: str) -> str:
    party = body.get(role)
    if not isinstance(party, dict):
        raise UnreadableBody(role)
    party_id = party.get("partyId")
    party_type = str(party.get("partyIdType") or "").upper()
    if not isinstance(party_id, str) or party_type not in ("MSISDN", "EMAIL", "PARTY_CODE"):
        raise UnreadableBody(role)
    if party_type == "MSISDN" and not re.fullmatch("[0-9]{6,15}", party_id):
        raise UnreadableBody(role)
    return party_id


def _party_type(body: Mapping[str, Any], role: str) -> str:
    party = body.get(role)
    return str(party.get("partyIdType")) if isinstance(party, dict) else "MSISDN"


def _minor_units(text: str, currency: str) -> int:
    """Digits, a point and as many decimals as the currency has. Raises UnreadableBody."""
    decimals = DECIMALS.get(currency, 0)
    match = re.fullmatch(r"([0-9]{1,15})(?:\.([0-9]+))?", text)
    if match is None or len(match[2] or "") > decimals:
        raise UnreadableBody("amount")
    return int(match[1] + (match[2] or "").ljust(decimals, "0"))


def _decimal(amount: int, currency: str) -> str:
    """The reverse; whole amounts without decimals, as they came."""
    decimals = DECIMALS.get(currency, 0)
    if not decimals:
        return str(amount)
    sign, digits = ("-" if amount < 0 else ""), str(abs(amount)).rjust(decimals + 1, "0")
    whole, rest = digits[:-decimals], digits[-decimals:]
    return sign + (whole if not rest.strip("0") else f"{whole}.{rest}")


def _csv_line(cells: Sequence[str]) -> str:
    line = io.StringIO()
    csv.writer(line, lineterminator="\r\n").writerow(cells)
    return line.getvalue()


def _iso(instant: float) -> str:
    return datetime.fromtimestamp(instant, UTC).isoformat(timespec="seconds")


def _hosts_from_environment() -> list[str]:
    return [host for host in os.environ.get(CALLBACK_HOSTS_VARIABLE, "").split(",") if host]
