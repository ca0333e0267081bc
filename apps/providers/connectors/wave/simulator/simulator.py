"""Wave Business: checkout, refunds, payouts, the balance and the list of movements.

Its own reading of the protocol (README.md): nothing is shared with the connector.
"""

from __future__ import annotations

import json
import os
import secrets
import threading
import time
from collections.abc import Callable, Sequence
from dataclasses import replace
from datetime import UTC, date, datetime
from hmac import compare_digest
from typing import Any

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
    DISBURSE,
    NO_FAULT,
    QUERY,
    REFUND,
    Fault,
    FaultKind,
)
from apps.providers.simulation.report import Break, ReportLine, with_breaks
from apps.providers.simulation.simulator import Simulator
from apps.providers.simulation.store import DueCallback, Instruction

from .account import API_KEY, BUSINESS_NAME, CURRENCY
from .answers import Refusal, error_answer, invalid, spoiled, strike_before
from .bodies import (
    amount_of,
    check_address,
    mobile_of,
    reference_of,
    session_of,
)
from .events import PAYMENT_FAILED, event, events_of, signed
from .movements import RETURNED, SWEEP, item_of, page_of
from .page import WORDS, session_page
from .payouts import Payouts
from .questions import CHECKOUT, PAYOUT, REFUNDED, Questions, misled

WAITS_FOR_THE_PAGE = -1.0
SUCCEEDED, FAILED, EXPIRED, OPEN = "succeeded", "FAILED", "EXPIRED", "OPEN"

# By the last six digits of who pays: how a session ends, with last_payment_error.
PAYERS = {
    "900150": (FAILED, "payment-failure"),
    "900151": (FAILED, ""),
    "900152": (EXPIRED, ""),
}
# A failed try, after which the session stays open.
FAILED_TRIES = {"900020": "insufficient-funds", "900022": "blocked-account"}


class WaveSimulator(Simulator):
    """A session is stored as EXPIRED at the end of its life; paying it changes that."""

    code = "wave"
    succeeded = SUCCEEDED
    operations = {
        CHECKOUT: COLLECT,
        REFUNDED: REFUND,
        PAYOUT: DISBURSE,
        RETURNED: "returned",
        SWEEP: "sweep",
    }
    setting_defaults = {
        "session_life_s": 1_800,
        # Seconds until a payer pays by himself; negative: a person must use the page.
        "auto_approve_after_s": float(
            os.environ.get("LOMI_SIM_WAVE_AUTO_APPROVE_AFTER_S") or WAITS_FOR_THE_PAGE
        ),
        "opening_balance": 10_000_000,
        "page_size": 100,
    }

    def routes(self) -> Sequence[Route]:
        def guarded(method: str, path: str, call: Callable[[Request], Answer]) -> Route:
            return Route(method, path, self._guarded(call))

        return [
            guarded("POST", "/v1/checkout/sessions", self.open_session),
            guarded("GET", "/v1/checkout/sessions", self.session_by_transaction),
            guarded("GET", "/v1/checkout/sessions/search", self.search_sessions),
            guarded("GET", "/v1/checkout/sessions/{id}", self.show_session),
            guarded("POST", "/v1/checkout/sessions/{id}/refund", self.refund),
            guarded("POST", "/v1/checkout/sessions/{id}/expire", self.expire),
            guarded("POST", "/v1/payout", self.payouts.pay_out),
            guarded("POST", "/v1/payout/{id}/reverse", self.payouts.reverse),
            guarded("GET", "/v1/payouts/search", self.payouts.search),
            guarded("GET", "/v1/payout/{id}", self.payouts.show),
            guarded("GET", "/v1/balance", self.balance),
            guarded("GET", "/v1/transactions", self.transactions),
            # Ours: where Wave's portal is told of the webhook, and the wallet is emptied.
            guarded("POST", "/portal/webhook", self.set_webhook),
            guarded("POST", "/portal/sweep", self.sweep),
            Route("GET", "/c/{id}", self.show_page),
            Route("POST", "/c/{id}", self.decide),
        ]

    def on_start(self) -> None:
        # One at a time changes a session.
        self.deciding = threading.RLock()
        self.questions = Questions(self)
        self.payouts = Payouts(self)

    def unreadable(self, request: Request, error: UnreadableBody) -> Answer:
        return error_answer(400, "request-not-json", str(error))

    def not_found(self, request: Request) -> Answer:
        return error_answer(404, "not-found", request.path)

    def status_now(self, instruction: Instruction, now: float) -> str:
        if self.is_expired_for_now(instruction, now):
            return EXPIRED
        return instruction.status if instruction.is_decided(now) else OPEN

    # Checkout

    def open_session(self, request: Request) -> Answer:
        body = request.json_object()
        amount, reference = amount_of(body, "amount"), reference_of(body)
        payer = mobile_of(body, "restrict_payer_mobile", is_needed=False)
        for name in ("success_url", "error_url"):
            check_address(body, name)
        fault = self.faults.draw(CREATE, {COLLECT}, party=payer, reference=reference)
        strike_before(fault)
        now = time.time()
        expires_at = now + self.settings["session_life_s"]
        handle = f"cos-{secrets.token_hex(6)}"
        # Wave keeps no reference unique: two sessions of one are two.
        is_first = self.store.find(CHECKOUT, reference) is None and reference
        session = Instruction(
            kind=CHECKOUT,
            reference=reference if is_first else handle,
            provider_reference=f"T_{self.next_number()}",
            handle=handle,
            amount=amount,
            currency=CURRENCY,
            party=payer,
            status=EXPIRED,
            reason="",
            created_at=now,
            decide_at=expires_at,
            fault=fault.kind,
            fault_value=fault.value,
            details={
                "client_reference": reference,
                "session": handle,
                "success_url": body["success_url"],
                "error_url": body["error_url"],
                "aggregated_merchant_id": body.get("aggregated_merchant_id"),
                "expires_at": expires_at,
            },
        )
        told: list[DueCallback] = []
        wait = self.settings["auto_approve_after_s"]
        error = FAILED_TRIES.get(payer[-6:])
        if payer and wait >= 0 and error:
            session = replace(session, details={**session.details, "error": error})
        elif payer and wait >= 0 and payer[-6:] != "900154":
            session, told = self._decided(session, now + wait, base_url=request.base_url)
        self.accept(session, told)
        return spoiled(fault, json_answer(self._session(session, OPEN, request)))

    def show_session(self, request: Request) -> Answer:
        return self.questions.shown(self.of_kind(CHECKOUT, request.parameters["id"]), request)

    def session_by_transaction(self, request: Request) -> Answer:
        wanted = request.query.get("transaction_id", "")
        for session in self.store.instructions():
            is_paid = self.status_now(session, time.time()) == SUCCEEDED
            if session.kind == CHECKOUT and session.provider_reference == wanted and is_paid:
                return self.questions.shown(session, request)
        return error_answer(404, "checkout-session-not-found")

    def search_sessions(self, request: Request) -> Answer:
        return self.questions.found(CHECKOUT, COLLECT, request)

    def refund(self, request: Request) -> Answer:
        with self.deciding:
            session = self.of_kind(CHECKOUT, request.parameters["id"])
            if session is None:
                return error_answer(404, "checkout-session-not-found")
            now = time.time()
            known = self.store.find_by_handle(f"refund-{session.handle}")
            if known is not None:
                return self._refund_answer(known)
            # Wave asks for no key; a caller may name its refund by one.
            reference = request.header("idempotency-key") or f"refund-{session.handle}"
            fault = self.faults.draw(CREATE, {REFUND}, party=session.party, reference=reference)
            strike_before(fault)
            if self.status_now(session, now) != SUCCEEDED:
                return error_answer(422, "checkout-refund-failed")
            is_refused = fault.kind is FaultKind.FORGED_CALLBACK
            refund = replace(
                session,
                id=0,
                kind=REFUNDED,
                reference=reference,
                provider_reference=f"T_{self.next_number()}",
                handle=f"refund-{session.handle}",
                status=FAILED if is_refused else SUCCEEDED,
                created_at=now,
                decide_at=self.decide_at(fault, now),
                fault=fault.kind,
                fault_value=fault.value,
            )
            self.accept(refund)
            return spoiled(fault, self._refund_answer(refund))

    def expire(self, request: Request) -> Answer:
        with self.deciding:
            session = self.of_kind(CHECKOUT, request.parameters["id"])
            if session is None:
                return error_answer(404, "checkout-session-not-found")
            now = time.time()
            if not session.is_decided(now):
                session = replace(session, status=EXPIRED, decide_at=now)
                self.change(session)
            return Answer(200)

    # The wallet

    def balance(self, request: Request) -> Answer:
        now = time.time()
        moved_in = self.store.total([CHECKOUT, RETURNED], SUCCEEDED, CURRENCY, now)
        moved_out = self.store.total([REFUNDED, PAYOUT, SWEEP], SUCCEEDED, CURRENCY, now)
        amount = int(self.settings["opening_balance"]) + moved_in - moved_out
        return json_answer({"amount": str(amount), "currency": CURRENCY})

    def transactions(self, request: Request) -> Answer:
        day = request.query.get("date") or datetime.now(UTC).date().isoformat()
        try:
            lines = self.report_lines(date.fromisoformat(day))
        except ValueError:
            raise invalid("date") from None
        breaks = [Break(**value) for _, value in self.store.entries("breaks")]
        strikes = NO_FAULT
        items = []
        for line in with_breaks(lines, breaks, []):
            own = self.store.find(line.kind, line.reference) if line.kind == REFUNDED else None
            if own is not None:
                fault = self.faults.draw(QUERY, {REFUND}, reference=own.reference)
                strike_before(fault)
                strikes = fault if fault.kind else strikes
                own = self.questions.told(own, fault)
                if own is None:
                    continue
                items.append(item_of(line, **misled(own, fault, "amount", sign="-")))
            else:
                items.append(item_of(line))
        size = max(int(self.settings["page_size"]), 1)
        page = page_of(items, day=day, after=request.query.get("after", ""), size=size)
        return spoiled(strikes, json_answer(page))

    def sweep(self, request: Request) -> Answer:
        """What is in the wallet goes to the business's bank."""
        amount, now = amount_of(request.json_object(), "amount"), time.time()
        handle = f"sweep-{secrets.token_hex(6)}"
        swept = Instruction(
            kind=SWEEP,
            reference=handle,
            provider_reference=f"T_{self.next_number()}",
            handle=handle,
            amount=amount,
            currency=CURRENCY,
            party="",
            status=SUCCEEDED,
            reason="",
            created_at=now,
            decide_at=now,
            details={"client_reference": None},
        )
        self.accept(swept)
        return json_answer({"transaction_id": swept.provider_reference})

    def set_webhook(self, request: Request) -> Answer:
        self.store.put("webhook", "url", str(request.json_object().get("url") or ""))
        return Answer(204)

    # The page

    def show_page(self, request: Request) -> Answer:
        session = self.of_kind(CHECKOUT, request.parameters["id"])
        lang = request.query.get("lang", "fr")
        lang = lang if lang in WORDS else "fr"
        if session is None:
            return session_page("UNKNOWN", lang=lang)
        state = self.status_now(session, time.time())
        if state == OPEN and session.details.get("confirmed"):
            state = "WAIT"
        is_over = state in (FAILED, EXPIRED)
        return session_page(
            state,
            lang=lang,
            amount=session.amount,
            merchant=BUSINESS_NAME,
            error=session.details.get("error", ""),
            back=session.details["error_url" if is_over else "success_url"],
        )

    def decide(self, request: Request) -> Answer:
        """The form of the page: `decision` approve, refuse or no_funds."""
        decision = request.form().get("decision", "approve")
        with self.deciding:
            session = self.of_kind(CHECKOUT, request.parameters["id"])
            now = time.time()
            if session is None or session.is_decided(now) or session.details.get("confirmed"):
                return self.show_page(request)
            if decision == "no_funds":
                session = replace(
                    session, details={**session.details, "error": "insufficient-funds"}
                )
                body = event(PAYMENT_FAILED, self._session(session, OPEN, request))
                self.change(session, self._signed([(now, body)], NO_FAULT))
                return self.show_page(request)
            if decision == "refuse":
                session = replace(session, status=FAILED, decide_at=now)
                self.change(session)
                return _see_other(session.details["error_url"])
            session, told = self._decided(session, now, base_url=request.base_url)
            self.change(session, told)
            return _see_other(session.details["success_url"])

    # The report

    def report_lines(self, day: date) -> Any:
        return (line for line in super().report_lines(day) if line.status == SUCCEEDED)

    def report_name(self, day: date, currency: str) -> str:
        return f"{self.code}_{day.isoformat()}_{currency}.json-seq"

    def report_header(self) -> str:
        return ""

    def report_row(self, line: ReportLine) -> str:
        page = page_of([item_of(line)], day=line.occurred_at.date().isoformat())
        return f"\x1e{json.dumps(page)}\n"

    # Private

    def _guarded(self, call: Callable[[Request], Answer]) -> Callable[[Request], Answer]:
        def handle(request: Request) -> Answer:
            if not compare_digest(request.bearer_token().encode(), API_KEY.encode()):
                return error_answer(401, "no-matching-api-key")
            try:
                return call(request)
            except Refusal as refusal:
                return refusal.answer

        return handle

    def of_kind(self, kind: str, handle: str) -> Instruction | None:
        found = self.store.find_by_handle(handle)
        return found if found is not None and found.kind == kind else None

    def _decided(
        self, session: Instruction, now: float, *, base_url: str
    ) -> tuple[Instruction, list[DueCallback]]:
        """The session as its payer's decision at `now` makes it, and what the webhook is told."""
        fault = Fault(FaultKind(session.fault), session.fault_value)
        status, reason = PAYERS.get(session.party[-6:], (SUCCEEDED, ""))
        if fault.kind is FaultKind.FORGED_CALLBACK:
            status = FAILED
        session = replace(
            session,
            status=status,
            reason=reason,
            decide_at=self.decide_at(fault, now),
            details={**session.details, "confirmed": True},
        )
        if status == EXPIRED:
            return session, []
        bodies = events_of(session, base_url=base_url)
        planned = plan(fault, bodies, created_at=now, decide_at=session.decide_at)
        return session, self._signed(planned, fault)

    def _signed(self, planned: list[tuple[float, bytes]], fault: Fault) -> list[DueCallback]:
        url = self.store.get("webhook", "url") or ""
        return signed(planned, url=url, fault=fault, tries=int(self.settings["callback_tries"]))

    def _session(self, session: Instruction, status: str, request: Request) -> dict[str, Any]:
        return session_of(session, status, base_url=request.base_url)

    def _refund_answer(self, refund: Instruction) -> Answer:
        if refund.status == FAILED:
            return error_answer(422, "checkout-refund-failed")
        return Answer(200)


def _see_other(url: str) -> Answer:
    return Answer(303, headers={"Location": url, "Referrer-Policy": "no-referrer"})
