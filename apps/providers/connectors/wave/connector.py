"""Wave Business: checkout sessions, refunds, payouts, webhooks, the list of movements."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from typing import Any, BinaryIO
from urllib.parse import quote, urlencode
from uuid import UUID

from apps.providers.contract import (
    CallbackRejected,
    CallbackRequest,
    Clock,
    CollectRequest,
    ConnectorError,
    ConnectorProfile,
    DisburseRequest,
    DisputeRecord,
    FailureCode,
    HttpAnswer,
    MovementPage,
    NotSent,
    Operation,
    OperationProfile,
    Outcome,
    OutcomeUnknown,
    ProviderMisbehaved,
    ProviderResult,
    QueryRequest,
    ReferenceUnknown,
    RefundRequest,
    StatementProblem,
    StatementRecord,
    Transport,
    WalletBalance,
)
from apps.providers.kit.dispute_report import read_dispute_report

from . import mapping, movements
from .config import BEARER, CREDENTIAL_FIELDS, NET, WaveConfig
from .signature import check_bearer, check_signature

COLLECT = OperationProfile(
    # Mali and Burkina Faso where the contract has them: an account there is our word for it.
    currencies={"SN": "XOF", "CI": "XOF", "ML": "XOF", "BF": "XOF"},
    operators=("wave",),
    approval="redirect",
    # Wave publishes no bounds: these only catch slips, the contract decides.
    amount_min=1,
    amount_max=5_000_000,
    # A session is said to live half an hour; Wave's own word of its end comes first.
    expires_after_s=2_400,
    # How soon a search finds a session is not published: ours.
    unknown_reference_grace_s=900,
)
PAYOUT = replace(COLLECT, approval="", expires_after_s=0, is_repeat_safe=True)
REFUND = replace(PAYOUT, is_whole_only=True)

# The answer of an order may have taken as long as it may: the search for it has to be quick.
SEARCH_TIMEOUT_S = 8.0
# A refund is looked for from its first day on, and so many pages a question.
REFUND_DAYS_MAX = 7
REFUND_PAGES_MAX = 40
# By so much our clock may be ahead of Wave's.
CLOCKS_APART_MAX = timedelta(minutes=15)


class WaveConnector:
    """One wallet at Wave. Safe to share between threads.

    Wave has no question about a payee's wallet: what it refuses, it refuses at the payout.
    """

    profile = ConnectorProfile(
        code="wave",
        name="Wave",
        callback_headers=("wave-signature", "authorization"),
        names_every_success=True,
        operations={
            Operation.COLLECT: COLLECT,
            Operation.REFUND: REFUND,
            Operation.DISBURSE: PAYOUT,
        },
    )

    def __init__(self, *, config: WaveConfig, transport: Transport, clock: Clock) -> None:
        self._config = config
        self._transport = transport
        self._clock = clock

    def collect(self, request: CollectRequest) -> ProviderResult:
        """Open a checkout session; REQUIRES_ACTION with its address.

        Wave knows no key of repetition here. Where the answer was lost, the session is searched
        for, and one that is found is handed out: there is never a second.

        Raises NotSent, ProviderBusy or OutcomeUnknown.
        """
        body = mapping.session_body(
            request,
            merchant_id=self._config.aggregated_merchant_id,
            # A simulator beside us; Wave itself is https.
            plain_ok=self._config.base_url.startswith("http://"),
        )
        try:
            answer = self._call(
                "POST", "/v1/checkout/sessions", body, not_after=request.not_after, is_order=True
            )
            return mapping.opened_session(mapping.accepted(answer), request)
        except OutcomeUnknown as error:
            return self._lost_session(request, error)

    def refund(self, request: RefundRequest) -> ProviderResult:
        """Give back what a session collected, all of it: Wave has no part of a refund. A repeat
        gives back nothing more.

        Raises NotSent, ProviderBusy or OutcomeUnknown.
        """
        try:
            session = self._paid_session(request.collected_reference)
        except ConnectorError as error:
            raise NotSent(f"the payment cannot be looked up: {error}") from error
        if session is None:
            raise NotSent(
                "Wave has no payment to give back", failure_code=FailureCode.PROVIDER_DECLINED
            )
        paid = mapping.amount_of(session)
        if paid != (request.amount, request.currency):
            raise NotSent(
                "Wave gives back the whole payment or nothing",
                failure_code=FailureCode.PROVIDER_DECLINED,
            )
        session_id = str(session["id"])
        answer = self._call(
            "POST",
            f"/v1/checkout/sessions/{_path(session_id)}/refund",
            # Wave asks for none: a session is given back once. It names the refund in its logs.
            headers={"Idempotency-Key": str(request.reference)},
            not_after=request.not_after,
            is_order=True,
        )
        code = mapping.error_code(answer)
        if code == mapping.REFUND_REFUSED:
            # Whether an earlier call did it, the list of movements tells.
            return ProviderResult(
                Outcome.PENDING, connector_state={"refused": session_id}, raw={"code": code}
            )
        if answer.status != 200 or answer.body.strip():
            # Wave's yes has no body.
            mapping.accepted(answer)
            raise OutcomeUnknown("Wave's answer to the refund cannot be read")
        return ProviderResult(
            Outcome.PENDING, connector_state={"refunded": session_id}, raw={"status": 200}
        )

    def disburse(self, request: DisburseRequest) -> ProviderResult:
        """Send to a wallet. A repeat with the same reference never pays twice.

        Raises NotSent, ProviderBusy, OutcomeUnknown or ProviderMisbehaved.
        """
        body = mapping.payout_body(request, merchant_id=self._config.aggregated_merchant_id)
        answer = self._call(
            "POST",
            "/v1/payout",
            body,
            headers={"Idempotency-Key": str(request.reference)},
            not_after=request.not_after,
            is_order=True,
        )
        return mapping.taken_payout(answer, request)

    def query(self, request: QueryRequest) -> ProviderResult:
        """Raises ReferenceUnknown, OutcomeUnknown, NotSent (both: no news), ProviderMisbehaved."""
        if request.operation is Operation.REFUND:
            return self._refund_now(request)
        if request.operation is Operation.DISBURSE:
            if payout_id := request.connector_state.get("payout"):
                payout = self._ask(f"/v1/payout/{_path(payout_id)}")
            else:
                payout = _only(self._search("/v1/payouts/search", request.reference))
            return mapping.payout_result(payout, request)
        if session_id := request.connector_state.get("session"):
            return mapping.session_result(self._session(session_id), request)
        # Nobody has its link: its answer was lost.
        session = self._one_session(request.reference)
        if session is None:
            raise ReferenceUnknown("Wave has no session of this reference")
        return mapping.session_result(session, request, offers_link=True)

    def read_balances(self, currency: str) -> Sequence[WalletBalance]:
        """Raises NotSent, OutcomeUnknown or ProviderMisbehaved."""
        try:
            one = mapping.balance(self._call("GET", "/v1/balance"))
        except ReferenceUnknown as error:
            raise OutcomeUnknown(str(error)) from error
        if one.currency != currency:
            raise ProviderMisbehaved(f"a balance in {one.currency}")
        return [one]

    def parse_callback(self, callback: CallbackRequest) -> Sequence[UUID]:
        """Check that a webhook is Wave's, by the account's secret. What it says is asked for: a
        failed try ends nothing, and events come twice and out of order.

        Raises:
            CallbackRejected: it is not, it is old, or it is no event.
        """
        if callback.method != "POST":
            raise CallbackRejected(f"method {callback.method}")
        secret = self._config.webhook_secret
        if self._config.webhook_auth == BEARER:
            check_bearer(callback.headers, secret=secret)
        else:
            check_signature(
                callback.headers,
                callback.body,
                secret=secret,
                received_at=callback.received_at or self._clock(),
            )
        if not mapping.is_event(callback.body):
            raise CallbackRejected("not an event")
        return mapping.named_references(callback.body)

    def list_movements(self, day: date, position: str = "") -> MovementPage:
        """Raises NotSent, OutcomeUnknown (both: no news) or ProviderMisbehaved."""
        asked = {"date": day.isoformat()} | ({"after": position} if position else {})
        answer = self._call("GET", f"/v1/transactions?{urlencode(asked)}")
        try:
            page = movements.movement_page(answer, day=day)
        except ReferenceUnknown as error:
            raise OutcomeUnknown(str(error)) from error
        if position and page.next_position == position:
            raise ProviderMisbehaved("the next page begins where this one did")
        return page

    def read_statement(self, file: BinaryIO) -> Iterator[StatementRecord | StatementProblem]:
        """Read a day's pages, as `list_movements` had them."""
        return movements.read_movements(file, are_net=self._config.statement_amounts == NET)

    def read_disputes(self, file: BinaryIO) -> Iterator[DisputeRecord | StatementProblem]:
        return read_dispute_report(file, self._config.dispute_layout)

    @staticmethod
    def statement_reference(reference: UUID) -> str:
        return str(reference)

    # Sessions

    def _lost_session(self, request: CollectRequest, error: OutcomeUnknown) -> ProviderResult:
        """The session whose answer was lost. Raises `error` where none is found that can be paid:
        asking later tells."""
        try:
            session = self._one_session(request.reference)
            if session is None or not mapping.is_open(session):
                raise error
            return mapping.opened_session(session, request)
        except ConnectorError as also:
            raise error from (None if also is error else also)

    def _one_session(self, reference: UUID) -> dict[str, Any] | None:
        """The session of a reference: the paid one, or else the youngest, and then the others that
        are open are closed, so that a payer can pay one alone.

        Raises ProviderMisbehaved where two were paid; OutcomeUnknown where one is not closed.
        """
        sessions = self._search("/v1/checkout/sessions/search", reference)
        paid = [one for one in sessions if one.get("payment_status") == "succeeded"]
        if len(paid) > 1:
            raise ProviderMisbehaved("two sessions of this reference were paid")
        by_age = sorted(sessions, key=lambda one: str(one.get("when_created")))
        chosen = paid[0] if paid else (by_age[-1] if by_age else None)
        for session in sessions:
            if session is not chosen and mapping.is_open(session):
                # It moves no money, whatever becomes of it.
                path = f"/v1/checkout/sessions/{_path(session.get('id'))}/expire"
                if not (200 <= self._call("POST", path).status < 300 or paid):
                    # Whose link is given out is asked about alone: the other could be paid unseen.
                    raise OutcomeUnknown("another session of this reference is still open")
        return chosen

    def _paid_session(self, reference: UUID) -> dict[str, Any] | None:
        sessions = self._search("/v1/checkout/sessions/search", reference)
        paid = [one for one in sessions if one.get("payment_status") == "succeeded"]
        return _only(paid) if paid else None

    def _session(self, session_id: str) -> dict[str, Any]:
        return self._ask(f"/v1/checkout/sessions/{_path(session_id)}")

    # Refunds

    def _refund_now(self, request: QueryRequest) -> ProviderResult:
        """Wave has no status of a refund: it stands among the movements, or it was not made."""
        state = request.connector_state
        session_id = state.get("refunded") or state.get("refused")
        if session_id:
            session = self._session(session_id)
        else:
            found = self._paid_session(request.collected_reference or request.reference)
            if found is None:
                raise ReferenceUnknown("Wave has no payment to give back")
            session, session_id = found, str(found.get("id"))
        if session.get("id") != session_id or (
            request.collected_reference is not None
            and not mapping.is_of(session, request.collected_reference)
        ):
            raise ProviderMisbehaved("the answer is about another session")
        looked = json.loads(state.get("looked", "null"))
        for pages, (place, page) in enumerate(self._pages_since(request.ordered_at, looked)):
            if refund := movements.refund_in(page, session):
                return refund
            if pages + 1 == REFUND_PAGES_MAX:
                return self._look_on(state, place)
        if state.get("refunded"):
            # It will be listed: from the beginning again.
            return self._look_on(state, None) if looked else ProviderResult(Outcome.PENDING)
        if state.get("refused"):
            return ProviderResult(
                Outcome.FAILED, failure_code=FailureCode.PROVIDER_DECLINED, may_yet_succeed=True
            )
        raise ReferenceUnknown("Wave lists no refund of this payment")

    @staticmethod
    def _look_on(state: Mapping[str, str], place: tuple[str, str] | None) -> ProviderResult:
        """The next question goes on from there. Raises OutcomeUnknown where Wave's answer to the
        order was lost: nothing says that there is a refund to wait for."""
        if not state:
            raise OutcomeUnknown("too many movements to look through")
        return ProviderResult(
            Outcome.PENDING, connector_state={**state, "looked": json.dumps(place)}
        )

    def _pages_since(
        self, ordered_at: datetime | None, looked: Sequence[str] | None
    ) -> Iterator[tuple[tuple[str, str], MovementPage]]:
        """Pages, each with its day and position; `looked`: those of the last one looked at."""
        today = self._clock().astimezone(UTC).date()
        since = (ordered_at or self._clock()) - CLOCKS_APART_MAX
        first = min(since.astimezone(UTC).date(), today)
        last = min(first + timedelta(days=REFUND_DAYS_MAX - 1), today)
        day, position = (date.fromisoformat(looked[0]), looked[1]) if looked else (first, "")
        while day <= last:
            page = self.list_movements(day, position)
            yield (day.isoformat(), position), page
            if page.next_position:
                position = page.next_position
            else:
                day, position = day + timedelta(days=1), ""

    # Calls

    def _search(self, path: str, reference: UUID) -> list[dict[str, Any]]:
        asked = urlencode({"client_reference": str(reference)})
        results = mapping.found(self._call("GET", f"{path}?{asked}", timeout_s=SEARCH_TIMEOUT_S))
        if not all(mapping.is_of(one, reference) for one in results):
            raise ProviderMisbehaved("the search found what it was not asked for")
        # One that is listed twice is one.
        return list({str(one.get("id")): one for one in results}.values())

    def _ask(self, path: str) -> dict[str, Any]:
        return mapping.answered(self._call("GET", path))

    def _call(
        self,
        method: str,
        path: str,
        body: bytes = b"",
        *,
        headers: Mapping[str, str] | None = None,
        timeout_s: float | None = None,
        not_after: datetime | None = None,
        is_order: bool = False,
    ) -> HttpAnswer:
        own = {"Authorization": f"Bearer {self._config.api_key}", "Accept": "application/json"}
        if body:
            own["Content-Type"] = "application/json"
        return self._transport.request(
            method,
            f"{self._config.base_url}{path}",
            headers={**own, **(headers or {})},
            body=body,
            timeout_s=timeout_s or self._config.timeout_s,
            not_after=not_after,
            is_instruction=is_order,
        )


def _only(found: Sequence[dict[str, Any]]) -> dict[str, Any]:
    """Raises ReferenceUnknown or ProviderMisbehaved."""
    if not found:
        raise ReferenceUnknown("Wave knows nothing of this reference")
    if len(found) > 1:
        raise ProviderMisbehaved("Wave has two of this reference")
    return found[0]


def _path(part: object) -> str:
    return quote(str(part), safe="")


CONNECTOR = WaveConnector
READ_CONFIG = WaveConfig.from_mapping
CREDENTIALS = CREDENTIAL_FIELDS
