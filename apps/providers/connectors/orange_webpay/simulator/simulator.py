"""Orange's side of Web Payment: tokens, orders, the payment page, notifications, a daily report.

Speaks the paths and bodies of README.md. Its own reading of the protocol: nothing is shared with
the connector.
"""

from __future__ import annotations

import os
import secrets
import threading
import time
from collections.abc import Sequence
from dataclasses import replace
from hmac import compare_digest

from apps.providers.simulation.callbacks import plan
from apps.providers.simulation.exchange import (
    Answer,
    Request,
    Route,
    UnreadableBody,
    json_answer,
)
from apps.providers.simulation.faults import (
    COLLECT,
    CREATE,
    DECIDE,
    NO_FAULT,
    QUERY,
    TOKEN,
    Fault,
    FaultKind,
    magic_fault,
)
from apps.providers.simulation.report import ReportLine
from apps.providers.simulation.simulator import Simulator
from apps.providers.simulation.store import DueCallback, Instruction

from .account import CLIENT_ID, CLIENT_SECRET
from .answers import (
    EXPIRED_CREDENTIALS,
    INTERNAL_ERROR,
    INVALID_BODY,
    INVALID_FIELD,
    MISSING_CREDENTIALS,
    NOT_FOUND,
    UNAVAILABLE,
    down,
    error_answer,
    page_answer,
    see_other,
)
from .endings import ENDINGS, LASTING, SUCCEEDS, is_delivered, is_hidden, magic_digits
from .notifications import notification_of, notifications_of
from .order_body import order_refusal, whole_number
from .order_page import language, order_page, wrong_fields
from .page import ending_page
from .txnids import Txnids

ORDER = "webpayment"
WAITS_FOR_THE_PAGE = -1.0


class OrangeWebpaySimulator(Simulator):
    """An order is stored as EXPIRED at the end of its pay_token's life; paying it changes that."""

    code = "orange_webpay"
    succeeded = "SUCCESS"
    operations = {ORDER: COLLECT}
    setting_defaults = {
        "token_lifetime_s": 3600,
        "expires_in_as_text": 0,
        "pay_token_life_s": 600,
        # Seconds until a payer pays by himself; negative: a person must use the page.
        "auto_approve_after_s": float(
            os.environ.get("LOMI_SIM_ORANGE_AUTO_APPROVE_AFTER_S") or WAITS_FOR_THE_PAGE
        ),
    }

    def routes(self) -> Sequence[Route]:
        return [
            Route("POST", "/oauth/v3/token", self.give_token),
            Route("POST", "/oauth/v2/token", self.give_token),
            Route("POST", "/orange-money-webpay/{env}/v1/webpayment", self.open_order),
            Route("POST", "/orange-money-webpay/{env}/v1/transactionstatus", self.tell_status),
            Route("GET", "/payment/pay_token/{pay_token}", self.show_page),
            Route("POST", "/payment/pay_token/{pay_token}", self.decide),
        ]

    def on_start(self) -> None:
        # One payer at a time decides.
        self._deciding = threading.Lock()
        self._txnids = Txnids(self.store)

    def unreadable(self, request: Request, error: UnreadableBody) -> Answer:
        return error_answer(INVALID_BODY, str(error))

    def not_found(self, request: Request) -> Answer:
        return error_answer(NOT_FOUND, f"nothing at {request.path}")

    def status_now(self, instruction: Instruction, now: float) -> str:
        if self.is_expired_for_now(instruction, now):
            return "EXPIRED"
        if instruction.is_decided(now):
            return instruction.status
        confirmed_at = instruction.details["confirmed_at"]
        return "INITIATED" if confirmed_at is None or now < confirmed_at else "PENDING"

    # The API

    def give_token(self, request: Request) -> Answer:
        fault = self.faults.draw(TOKEN, {COLLECT})
        if refusal := down(fault):
            return refusal
        if request.basic_credentials() != (CLIENT_ID, CLIENT_SECRET):
            return json_answer(
                {
                    "error": "invalid_client",
                    "error_description": "client_id and client_secret are not a known pair",
                },
                401,
            )
        if request.form().get("grant_type") != "client_credentials":
            return error_answer(INVALID_FIELD, "grant_type must be client_credentials")
        token = secrets.token_urlsafe(24)
        lifetime_s = int(self.settings["token_lifetime_s"])
        self.store.put("token", token, True, expires_at=time.time() + lifetime_s)
        answer = json_answer(
            {
                "token_type": "Bearer",
                "access_token": token,
                "expires_in": (
                    str(lifetime_s) if self.settings["expires_in_as_text"] else lifetime_s
                ),
            }
        )
        return fault.spoil(answer)

    def open_order(self, request: Request) -> Answer:
        if refusal := self._refuse_caller(request):
            return refusal
        order = request.json_object()
        env = request.parameters["env"].lower()
        if refusal := order_refusal(order, env):
            return refusal
        now = time.time()
        amount = int(order["amount"])
        fault = self._creation_fault(order["order_id"], amount)
        if fault.kind is FaultKind.TOKEN_EXPIRED:
            return self._forget_token(request)
        if refusal := down(fault):
            return refusal
        pay_token = "v1" + secrets.token_hex(31)
        instruction = Instruction(
            kind=ORDER,
            reference=order["order_id"],
            provider_reference="",
            handle=pay_token,
            amount=amount,
            currency=order["currency"],
            party="",
            status="EXPIRED",
            reason="",
            created_at=now,
            decide_at=now + self.settings["pay_token_life_s"],
            fault=fault.kind,
            fault_value=fault.value,
            details={
                "notif_token": secrets.token_hex(16),
                "notif_url": order["notif_url"],
                "return_url": order["return_url"],
                "cancel_url": order["cancel_url"],
                "merchant": str(order.get("reference") or "Orange"),
                "lang": "en" if order.get("lang") == "en" else "fr",
                "otp": f"{secrets.randbelow(1_000_000):06}",
                "confirmed_at": None,
                "junk_answers": 0,
            },
        )
        notifications: list[DueCallback] = []
        if self.settings["auto_approve_after_s"] >= 0 and is_delivered(fault):
            instruction, notifications = self._confirmed(
                instruction,
                fault=fault if fault.kind in LASTING else NO_FAULT,
                ending=ENDINGS.get(magic_digits(amount, "9001"), SUCCEEDS),
                now=now + self.settings["auto_approve_after_s"],
            )
        if not self.accept(instruction, notifications):
            return error_answer(INVALID_FIELD, "order_id has been used before")
        if fault.kind is FaultKind.ERROR_500_THOUGH_ACCEPTED:
            return error_answer(INTERNAL_ERROR, "armed")
        if fault.kind is FaultKind.BUSY_THOUGH_ACCEPTED:
            return error_answer(UNAVAILABLE, "armed")
        answer = json_answer(
            {
                "status": 201,
                "message": "OK",
                "pay_token": pay_token,
                "payment_url": f"{request.base_url}/payment/pay_token/{pay_token}",
                "notif_token": instruction.details["notif_token"],
            },
            201,
        )
        # An early notification is early before the payer comes back, not before he has gone.
        return answer if fault.kind is FaultKind.EARLY_CALLBACK else fault.spoil(answer)

    def tell_status(self, request: Request) -> Answer:
        if refusal := self._refuse_caller(request):
            return refusal
        asked = request.json_object()
        now = time.time()
        order_id = str(asked.get("order_id", ""))
        order = self.store.find(ORDER, order_id)
        party = order.party if order else ""
        fault = self.faults.draw(QUERY, {COLLECT}, party=party, reference=order_id)
        if fault.kind is FaultKind.TOKEN_EXPIRED:
            return self._forget_token(request)
        if refusal := down(fault):
            return refusal
        if (
            order is None
            or whole_number(asked.get("amount")) != order.amount
            or not compare_digest(str(asked.get("pay_token")).encode(), order.handle.encode())
            or FaultKind.WRONG_AMOUNT in (fault.kind, order.fault)
            or is_hidden(order, now)
        ):
            return error_answer(NOT_FOUND, "no order has this order_id, amount and pay_token")
        if order.details["junk_answers"] > 0:
            self._count_junk_answer(order)
            fault = Fault(FaultKind.JUNK_BODY)
        status = self.status_now(order, now)
        answered = {"status": status, "order_id": order.reference}
        if status == order.status and order.provider_reference:
            answered["txnid"] = order.provider_reference
        if FaultKind.ANSWER_FOR_ANOTHER in (fault.kind, order.fault):
            answered |= {"order_id": order.reference[::-1], "txnid": self._txnids.at(now)}
        return fault.spoil(json_answer(answered))

    # The page

    def show_page(self, request: Request) -> Answer:
        order = self.store.find_by_handle(request.parameters["pay_token"])
        if order is None:
            return page_answer(ending_page("UNKNOWN", lang=language(request, None)), 404)
        return self._page_of(order, request)

    def decide(self, request: Request) -> Answer:
        """The form of the page: `decision` approve (with `phone` and `code`), refuse or expire."""
        form = request.form()
        decision = form.get("decision", "approve")
        phone = "".join(filter(str.isdecimal, form.get("phone", "")))
        with self._deciding:
            order = self.store.find_by_handle(request.parameters["pay_token"])
            if order is None:
                return page_answer(ending_page("UNKNOWN", lang=language(request, None)), 404)
            now = time.time()
            if not self._is_open(order, now):
                return self._page_of(order, request)
            if decision == "refuse":
                return self._close(order, "FAILED", phone, now)
            if decision == "expire":
                return self._close(order, "EXPIRED", phone, now)
            wrong = wrong_fields(phone, form.get("code", ""), order)
            if wrong:
                return self._page_of(order, request, phone=form.get("phone", ""), wrong=wrong)
            return self._pay(order, phone, now)

    # The report

    def report_header(self) -> str:
        return "date;txnid;order_id;amount;fee;currency;status;msisdn\r\n"

    def report_row(self, line: ReportLine) -> str:
        txnid, order_id = line.provider_reference, line.reference
        if line.status != self.succeeded and not txnid:
            return ""  # Refused or expired before it became a transaction.
        if not txnid.startswith("MP"):
            # A planted line of somebody else, in the framework's own form.
            txnid = f"MP{line.occurred_at:%y%m%d.%H%M}.Z{int(txnid) % 100_000:05}"
            order_id = order_id.replace("-", "")[:26]
        cells = (
            f"{line.occurred_at:%Y-%m-%d %H:%M:%S}",
            txnid,
            order_id,
            str(line.amount),
            str(line.fee),
            line.currency,
            line.status,
            line.party,
        )
        return ";".join(cells) + "\r\n"

    # Private

    def _refuse_caller(self, request: Request) -> Answer | None:
        token = request.bearer_token()
        if not token:
            return error_answer(MISSING_CREDENTIALS, "an Authorization: Bearer header is needed")
        if self.store.get("token", token) is None:
            return error_answer(EXPIRED_CREDENTIALS, "the access token is unknown or expired")
        return None

    def _forget_token(self, request: Request) -> Answer:
        self.store.drop("token", request.bearer_token())
        return error_answer(EXPIRED_CREDENTIALS, "the access token is unknown or expired")

    def _creation_fault(self, order_id: str, amount: int) -> Fault:
        fault = self.faults.draw(CREATE, {COLLECT}, reference=order_id)
        return fault if fault.kind else magic_fault(magic_digits(amount, "9000"))

    def _is_open(self, order: Instruction, now: float) -> bool:
        """True while a person may still decide on the page."""
        return order.details["confirmed_at"] is None and not order.is_decided(now)

    def _pay(self, order: Instruction, phone: str, now: float) -> Answer:
        fault = self.faults.draw(DECIDE, {COLLECT}, party=phone, reference=order.reference)
        if refusal := down(fault):
            return refusal
        if not fault.kind and order.fault in LASTING:
            fault = Fault(FaultKind(order.fault), order.fault_value)
        paid, notifications = self._confirmed(
            replace(order, party=phone),
            fault=fault,
            ending=ENDINGS.get(phone[-6:], SUCCEEDS),
            now=now,
        )
        self.change(paid, notifications)
        if fault.kind is FaultKind.ERROR_500_THOUGH_ACCEPTED:
            return error_answer(INTERNAL_ERROR, "armed")
        if fault.kind is FaultKind.BUSY_THOUGH_ACCEPTED:
            return error_answer(UNAVAILABLE, "armed")
        answer = see_other(order.details["return_url"])
        # Junk is for the merchant's queries; the payer goes on.
        return answer if fault.kind is FaultKind.JUNK_BODY else fault.spoil(answer)

    def _confirmed(
        self,
        order: Instruction,
        *,
        fault: Fault,
        ending: tuple[str, float | None],
        now: float,
    ) -> tuple[Instruction, list[DueCallback]]:
        """The order as a payer's yes at `now` makes it, with the notifications that follow."""
        status, more_s = ending
        if fault.kind is FaultKind.FORGED_CALLBACK:
            status = "FAILED"
        decide_at = None if more_s is None else self.decide_at(fault, now) + more_s
        txnid = (
            "" if status == "EXPIRED" else self._txnids.at(now if decide_at is None else decide_at)
        )
        junk_answers = int(fault.amount) if fault.kind is FaultKind.JUNK_BODY else 0
        order = replace(
            order,
            status=status,
            decide_at=decide_at,
            provider_reference=txnid,
            fault=fault.kind or order.fault,
            fault_value=fault.value if fault.kind else order.fault_value,
            details={**order.details, "confirmed_at": now, "junk_answers": junk_answers},
        )
        bodies = notifications_of(order, fault)
        planned = plan(fault, bodies, created_at=now, decide_at=decide_at)
        return order, self.callbacks(planned, url=order.details["notif_url"])

    def _close(self, order: Instruction, status: str, phone: str, now: float) -> Answer:
        """End an order without a payment; its expiry is told to nobody."""
        order = replace(order, status=status, decide_at=now, party=phone)
        truth = [(now, notification_of(order, status))] if status == "FAILED" else []
        self.change(order, self.callbacks(truth, url=order.details["notif_url"]))
        return see_other(order.details["cancel_url"])

    def _count_junk_answer(self, order: Instruction) -> None:
        left = order.details["junk_answers"] - 1
        self.store.change(replace(order, details={**order.details, "junk_answers": left}))

    def _page_of(
        self,
        order: Instruction,
        request: Request,
        *,
        phone: str = "",
        wrong: frozenset[str] = frozenset(),
    ) -> Answer:
        now = time.time()
        return order_page(
            order,
            status="" if self._is_open(order, now) else self.status_now(order, now),
            seconds_left=int((order.decide_at or now) - now),
            lang=language(request, order),
            phone=phone,
            wrong=wrong,
        )
