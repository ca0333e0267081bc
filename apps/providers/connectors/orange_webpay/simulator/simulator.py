"""Orange's side of Web Payment: tokens, orders, the payment page, notifications, a daily report.

Speaks the paths and bodies of README.md. Its own reading of the protocol: nothing is shared with
the connector.
"""

from __future__ import annotations

import os
import secrets
import threading
import time
from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import UTC, datetime
from hmac import compare_digest
from typing import Any
from urllib.parse import urlsplit

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

from .page import HEADERS, WORDS, PageOrder, ending_page, payment_page

# The one account the simulator knows.
CLIENT_ID = "simulated-client"
CLIENT_SECRET = "simulated-secret"  # noqa: S105 (opens nothing but this simulator)
MERCHANT_KEY = "simulated-merchant"

CURRENCIES = {
    "dev": "OUV",
    "cm": "XAF",
    "ci": "XOF",
    "sn": "XOF",
    "ml": "XOF",
    "bf": "XOF",
    "gn": "GNF",
    "mg": "MGA",
}

ORDER = "webpayment"
REQUIRED = (
    "merchant_key",
    "currency",
    "order_id",
    "amount",
    "return_url",
    "cancel_url",
    "notif_url",
)
TEXT_MAX = 30  # order_id and reference.

# How a payment ends by the payer's last six digits or, as 99NN, by the amount's last four:
# (status, seconds more; None is never).
ENDINGS: Mapping[str, tuple[str, float | None]] = {
    "900150": ("FAILED", 0),
    "900151": ("FAILED", 0),
    "900152": ("EXPIRED", 0),
    "900153": ("SUCCESS", 30),
    "900154": ("SUCCESS", None),
}
SUCCEEDS: tuple[str, float | None] = ("SUCCESS", 0)

# Faults of an order's answer after which no client holds a payment_url: nobody pays such an order.
UNDELIVERED = {
    FaultKind.ACCEPT_THEN_DROP,
    FaultKind.ERROR_500_THOUGH_ACCEPTED,
    FaultKind.BUSY_THOUGH_ACCEPTED,
    FaultKind.HANG,
    FaultKind.SLOW_BYTES,
    FaultKind.CUT_BODY,
    FaultKind.JUNK_BODY,
    FaultKind.TRUNCATED_JSON,
    FaultKind.HUGE_BODY,
}
PATIENCE_S = 15.0  # A client that got a slow answer sooner than this is taken to have it.

# Faults given to the order that strike when it is paid or asked about.
LASTING = {
    FaultKind.NO_CALLBACK,
    FaultKind.DUPLICATE_CALLBACK,
    FaultKind.LATE_CALLBACK,
    FaultKind.EARLY_CALLBACK,
    FaultKind.OUT_OF_ORDER_CALLBACK,
    FaultKind.FORGED_CALLBACK,
    FaultKind.CONTRADICTING,
    FaultKind.WRONG_AMOUNT,
    FaultKind.ANSWER_FOR_ANOTHER,
    FaultKind.LATE_SUCCESS,
    FaultKind.LATE_APPROVAL,
    FaultKind.HIDDEN_AT_FIRST,
}

WAITS_FOR_THE_PAGE = -1.0
TXNIDS_RESERVED = 1000
TXNIDS_A_MINUTE = 26 * 100_000

# Orange's error envelope: HTTP status, code, message.
MISSING_CREDENTIALS = (401, 40, "Missing credentials")
EXPIRED_CREDENTIALS = (401, 42, "Expired credentials")
INVALID_BODY = (400, 22, "Invalid body")
INVALID_FIELD = (400, 24, "Invalid body field")
MISSING_FIELD = (400, 27, "Missing body field")
ACCESS_DENIED = (403, 50, "Access denied")
NOT_FOUND = (404, 60, "Resource not found")
INTERNAL_ERROR = (500, 1, "Internal error")
UNAVAILABLE = (503, 5, "Service unavailable")


class OrangeWebpaySimulator(Simulator):
    """An order is stored as EXPIRED at the end of its pay_token's life; paying it changes that."""

    code = "orange_webpay"
    succeeded = "SUCCESS"
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
        # One payer at a time decides; txnids are reserved in blocks, so none comes twice.
        self._deciding = threading.Lock()
        self._txnid_lock = threading.Lock()
        self._txnid_next = self._txnid_end = int(self.store.get("txnid", "reserved") or 0)

    def unreadable(self, request: Request, error: UnreadableBody) -> Answer:
        return _error(INVALID_BODY, str(error))

    def not_found(self, request: Request) -> Answer:
        return _error(NOT_FOUND, f"nothing at {request.path}")

    def status_now(self, instruction: Instruction, now: float) -> str:
        if self.is_expired_for_now(instruction, now):
            return "EXPIRED"
        if instruction.is_decided(now):
            return instruction.status
        confirmed_at = instruction.details["confirmed_at"]
        return "INITIATED" if confirmed_at is None or now < confirmed_at else "PENDING"

    # The API

    def give_token(self, request: Request) -> Answer:
        fault = self.faults.draw(TOKEN)
        if refusal := _down(fault):
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
            return _error(INVALID_FIELD, "grant_type must be client_credentials")
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
        if refusal := _refuse_order(order, env):
            return refusal
        now = time.time()
        amount = int(order["amount"])
        fault = self._creation_fault(order["order_id"], amount)
        if fault.kind is FaultKind.TOKEN_EXPIRED:
            return self._forget_token(request)
        if refusal := _down(fault):
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
        if self.settings["auto_approve_after_s"] >= 0 and _is_delivered(fault):
            instruction, notifications = self._confirmed(
                instruction,
                fault=fault if fault.kind in LASTING else NO_FAULT,
                ending=ENDINGS.get(_magic_digits(amount, "9001"), SUCCEEDS),
                now=now + self.settings["auto_approve_after_s"],
            )
        if not self.accept(instruction, notifications):
            return _error(INVALID_FIELD, "order_id has been used before")
        if fault.kind is FaultKind.ERROR_500_THOUGH_ACCEPTED:
            return _error(INTERNAL_ERROR, "armed")
        if fault.kind is FaultKind.BUSY_THOUGH_ACCEPTED:
            return _error(UNAVAILABLE, "armed")
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
        fault = self.faults.draw(QUERY, party=order.party if order else "", reference=order_id)
        if fault.kind is FaultKind.TOKEN_EXPIRED:
            return self._forget_token(request)
        if refusal := _down(fault):
            return refusal
        if (
            order is None
            or _whole(asked.get("amount")) != order.amount
            or not compare_digest(str(asked.get("pay_token")).encode(), order.handle.encode())
            or FaultKind.WRONG_AMOUNT in (fault.kind, order.fault)
            or _is_hidden(order, now)
        ):
            return _error(NOT_FOUND, "no order has this order_id, amount and pay_token")
        if order.details["junk_answers"] > 0:
            self._count_junk_answer(order)
            fault = Fault(FaultKind.JUNK_BODY)
        status = self.status_now(order, now)
        answered = {"status": status, "order_id": order.reference}
        if status == order.status and order.provider_reference:
            answered["txnid"] = order.provider_reference
        if FaultKind.ANSWER_FOR_ANOTHER in (fault.kind, order.fault):
            answered |= {"order_id": order.reference[::-1], "txnid": self._txnid(now)}
        return fault.spoil(json_answer(answered))

    # The page

    def show_page(self, request: Request) -> Answer:
        order = self.store.find_by_handle(request.parameters["pay_token"])
        if order is None:
            return _page(ending_page("UNKNOWN", lang=_language(request, None)), 404)
        return self._page_of(order, request)

    def decide(self, request: Request) -> Answer:
        """The form of the page: `decision` approve (with `phone` and `code`), refuse or expire."""
        form = request.form()
        decision = form.get("decision", "approve")
        phone = "".join(filter(str.isdecimal, form.get("phone", "")))
        with self._deciding:
            order = self.store.find_by_handle(request.parameters["pay_token"])
            if order is None:
                return _page(ending_page("UNKNOWN", lang=_language(request, None)), 404)
            now = time.time()
            if not self._is_open(order, now):
                return self._page_of(order, request)
            if decision == "refuse":
                return self._close(order, "FAILED", phone, now)
            if decision == "expire":
                return self._close(order, "EXPIRED", phone, now)
            wrong = _wrong_fields(phone, form.get("code", ""), order)
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
            return _error(MISSING_CREDENTIALS, "an Authorization: Bearer header is needed")
        if self.store.get("token", token) is None:
            return _error(EXPIRED_CREDENTIALS, "the access token is unknown or expired")
        return None

    def _forget_token(self, request: Request) -> Answer:
        self.store.drop("token", request.bearer_token())
        return _error(EXPIRED_CREDENTIALS, "the access token is unknown or expired")

    def _creation_fault(self, order_id: str, amount: int) -> Fault:
        fault = self.faults.draw(CREATE, reference=order_id)
        return fault if fault.kind else magic_fault(_magic_digits(amount, "9000"))

    def _is_open(self, order: Instruction, now: float) -> bool:
        """True while a person may still decide on the page."""
        return order.details["confirmed_at"] is None and not order.is_decided(now)

    def _pay(self, order: Instruction, phone: str, now: float) -> Answer:
        fault = self.faults.draw(DECIDE, party=phone, reference=order.reference)
        if refusal := _down(fault):
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
            return _error(INTERNAL_ERROR, "armed")
        if fault.kind is FaultKind.BUSY_THOUGH_ACCEPTED:
            return _error(UNAVAILABLE, "armed")
        answer = _see_other(order.details["return_url"])
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
        txnid = "" if status == "EXPIRED" else self._txnid(now if decide_at is None else decide_at)
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
        bodies = _notifications(order, fault)
        planned = plan(fault, bodies, created_at=now, decide_at=decide_at)
        return order, self.callbacks(planned, url=order.details["notif_url"])

    def _close(self, order: Instruction, status: str, phone: str, now: float) -> Answer:
        """End an order without a payment; its expiry is told to nobody."""
        order = replace(order, status=status, decide_at=now, party=phone)
        truth = [(now, _notification(order, status))] if status == "FAILED" else []
        self.change(order, self.callbacks(truth, url=order.details["notif_url"]))
        return _see_other(order.details["cancel_url"])

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
        lang = _language(request, order)
        if not self._is_open(order, now):
            status = self.status_now(order, now)
            is_over = status in ("FAILED", "EXPIRED")
            back_url = order.details["cancel_url" if is_over else "return_url"]
            page = ending_page(status, lang=lang, back_url=back_url)
            return _page(page, 410 if status == "EXPIRED" else 200)
        shown = PageOrder(
            merchant=order.details["merchant"],
            order_id=order.reference,
            amount=order.amount,
            currency=order.currency,
            otp=order.details["otp"],
            seconds_left=int((order.decide_at or now) - now),
        )
        return _page(
            payment_page(shown, lang=lang, typed_phone=phone, wrong=wrong), 422 if wrong else 200
        )

    def _txnid(self, moment: float) -> str:
        """MP, date, minute, a letter and five digits: unique, also after a restart."""
        with self._txnid_lock:
            if self._txnid_next == self._txnid_end:
                self._txnid_end += TXNIDS_RESERVED
                self.store.put("txnid", "reserved", self._txnid_end)
            number = self._txnid_next % TXNIDS_A_MINUTE
            self._txnid_next += 1
        letter = chr(ord("A") + number // 100_000)
        return f"MP{datetime.fromtimestamp(moment, UTC):%y%m%d.%H%M}.{letter}{number % 100_000:05}"


def _error(kind: tuple[int, int, str], description: str) -> Answer:
    status, code, message = kind
    return json_answer({"code": code, "message": message, "description": description}, status)


def _down(fault: Fault) -> Answer | None:
    """The answer of a fault that stops a request before anything is done."""
    if fault.kind is FaultKind.DOWN:
        return _error(UNAVAILABLE, "armed")
    if fault.kind is FaultKind.ERROR_500:
        return _error(INTERNAL_ERROR, "armed")
    if fault.kind is FaultKind.DROP_BEFORE_ACCEPTING:
        return fault.spoil(Answer())
    return None


def _refuse_order(order: Mapping[str, Any], env: str) -> Answer | None:
    if env not in CURRENCIES:
        return _error(NOT_FOUND, f"no environment {env}")
    for name in REQUIRED:
        if order.get(name) in (None, ""):
            return _error(MISSING_FIELD, f"{name} is missing")
    if order["merchant_key"] != MERCHANT_KEY:
        return _error(ACCESS_DENIED, "the merchant_key is not one of this client")
    if order["currency"] != CURRENCIES[env]:
        return _error(INVALID_FIELD, f"currency must be {CURRENCIES[env]}")
    if (_whole(order["amount"]) or 0) < 1:
        return _error(INVALID_FIELD, "amount must be a positive whole number")
    for name in ("order_id", "reference"):
        value = order.get(name, "")
        if not isinstance(value, str) or len(value) > TEXT_MAX:
            return _error(INVALID_FIELD, f"{name} must be text of at most {TEXT_MAX} characters")
    for name in ("return_url", "cancel_url", "notif_url"):
        if not _is_address(order[name]):
            return _error(INVALID_FIELD, f"{name} must be an http or https address")
    return None


def _whole(value: object) -> int | None:
    """A JSON number without fraction (1200.0 has none), or digits in a string as some send them."""
    if isinstance(value, float) and value.is_integer():
        return int(value)
    if isinstance(value, str) and value.isascii() and value.isdecimal() and len(value) < 16:
        return int(value)
    return value if isinstance(value, int) and not isinstance(value, bool) else None


def _is_address(value: object) -> bool:
    # Printable only: it becomes a Location header.
    if not isinstance(value, str) or not value.isprintable() or not value.isascii():
        return False
    try:
        parts = urlsplit(value)
    except ValueError:
        return False
    return parts.scheme in ("http", "https") and bool(parts.hostname)


def _magic_digits(amount: int, family: str) -> str:
    """The digits an amount ending in 99NN stands for; "" for every other amount."""
    return f"{family}{amount % 100:02}" if amount % 10_000 // 100 == 99 else ""


def _is_delivered(fault: Fault) -> bool:
    if fault.kind is FaultKind.SLOW:
        return fault.amount < PATIENCE_S
    return fault.kind not in UNDELIVERED


def _is_hidden(order: Instruction, now: float) -> bool:
    if order.fault != FaultKind.HIDDEN_AT_FIRST:
        return False
    since = order.details["confirmed_at"] or order.created_at
    return bool(now < since + Fault(FaultKind.HIDDEN_AT_FIRST, order.fault_value).amount)


def _wrong_fields(phone: str, code: str, order: Instruction) -> frozenset[str]:
    wrong = set()
    if not 8 <= len(phone) <= 15:
        wrong.add("phone")
    typed = "".join(code.split())
    if not compare_digest(typed.encode(), order.details["otp"].encode()):
        wrong.add("code")
    return frozenset(wrong)


def _notifications(order: Instruction, fault: Fault) -> CallbackBodies:
    truth = _notification(order, order.status)
    is_forged = fault.kind is FaultKind.FORGED_CALLBACK
    guessed = secrets.token_hex(16)
    return CallbackBodies(
        truth=truth,
        pending=_notification(order, "PENDING"),
        success=_notification(order, "SUCCESS", notif_token=guessed if is_forged else None),
        failure=_notification(
            order, "EXPIRED" if fault.kind is FaultKind.LATE_SUCCESS else "FAILED"
        ),
        # A notification names no amount: only a forger's second try differs from the truth.
        wrong_amount=_notification(order, "SUCCESS", notif_token="") if is_forged else truth,
        another=_notification(order, "SUCCESS", notif_token=guessed),
    )


def _notification(order: Instruction, status: str, *, notif_token: str | None = None) -> bytes:
    given = order.details["notif_token"] if notif_token is None else notif_token
    return json_bytes({"status": status, "notif_token": given, "txnid": order.provider_reference})


def _language(request: Request, order: Instruction | None) -> str:
    asked = request.query.get("lang", "")
    if asked in WORDS:
        return asked
    return str(order.details["lang"]) if order else "fr"


def _page(text: str, status: int) -> Answer:
    return Answer(status, text.encode(), content_type="text/html; charset=utf-8", headers=HEADERS)


def _see_other(url: str) -> Answer:
    return Answer(303, headers={**HEADERS, "Location": url})
