"""Orange Money Web Payment: the payer agrees on a page hosted by Orange."""

from __future__ import annotations

import base64
import hmac
import json
import threading
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, BinaryIO
from uuid import UUID

from apps.providers.contract import (
    CallbackRejected,
    CallbackRequest,
    Clock,
    CollectRequest,
    ConnectorProfile,
    FailureCode,
    HttpAnswer,
    NotSent,
    OutcomeUnknown,
    ProviderMisbehaved,
    ProviderResult,
    QueryRequest,
    ReferenceUnknown,
    StatementProblem,
    StatementRecord,
    Transport,
)

from . import mapping
from .config import OrangeWebpayConfig
from .statement import read_statement

TOKEN_MARGIN_S_MAX = 60
TOKEN_LIFE_S_UNREADABLE = 60


class OrangeWebpayConnector:
    """Collects by redirect, asks, checks notifications, reads statements. Safe between threads.

    Orange has no refund, payout, list or balance on this product.
    """

    profile = ConnectorProfile(
        code="orange_webpay",
        name="Orange Money",
        operator="orange",
        currencies={"CM": "XAF", "CI": "XOF", "SN": "XOF", "ML": "XOF", "BF": "XOF"},
        approval="redirect",
        # Orange publishes no bounds: these only catch slips, the contract decides.
        amount_min=1,
        amount_max=2_000_000,
        # The page lives "minutes"; a quarter of an hour is past any we have heard of.
        expires_after_s=900,
        # Without a pay_token nobody can pay; this only outlasts a creation still in flight.
        unknown_reference_grace_s=120,
    )

    def __init__(self, *, config: OrangeWebpayConfig, transport: Transport, clock: Clock) -> None:
        self._config = config
        self._transport = transport
        self._clock = clock
        self._token: _Token | None = None
        self._token_lock = threading.Lock()

    def collect(self, request: CollectRequest) -> ProviderResult:
        """Open a payment page; REQUIRES_ACTION with its address.

        Raises:
            NotSent: for every failure, timeouts too. A payer can only pay at a payment_url, and
                one that never reached us never reached a payer. The order_id may be used up at
                Orange: a second try needs a new reference.
        """
        body = mapping.creation(
            request,
            merchant_key=self._config.merchant_key,
            currency=self._config.wire_currency or request.currency,
        )
        try:
            answer = self._post("webpayment", body)
        except OutcomeUnknown as error:
            raise NotSent(f"no payment page was opened: {error}") from error
        answered = mapping.json_object(answer.body)
        result = mapping.created_result(answered)
        if result is None:
            raise NotSent(
                f"no payment page was opened: {_summary(answer)}",
                failure_code=_failure_code(answer.status),
            )
        return result

    def query(self, request: QueryRequest) -> ProviderResult:
        """Ask Orange for the status of the order.

        Raises:
            ReferenceUnknown: we hold no pay_token, so no page was ever opened.
            ProviderMisbehaved: Orange does not recognise order_id, amount and pay_token
                together, or answers outside the protocol.
            OutcomeUnknown: no answer, or none about the order.
        """
        if not request.memory.get("pay_token"):
            raise ReferenceUnknown("no pay_token: no payment page was opened")
        try:
            answer = self._post("transactionstatus", mapping.status_question(request))
        except NotSent as error:
            # The question was not sent; of the payment this says nothing.
            raise OutcomeUnknown(f"Orange could not be asked: {error}") from error
        if answer.status in (400, 404):
            raise ProviderMisbehaved(
                f"Orange does not know this order, amount and pay_token: HTTP {answer.status}"
            )
        if not 200 <= answer.status < 300:
            raise OutcomeUnknown(f"no status: HTTP {answer.status}")
        return mapping.status_result(mapping.json_object(answer.body), request)

    def parse_callback(self, callback: CallbackRequest) -> None:
        """Check that a notification carries the notif_token of its attempt; nothing else is signed.

        Raises:
            CallbackRejected: it does not, or it is not a JSON object.
        """
        body = mapping.json_object(callback.body)
        if body is None:
            raise CallbackRejected("the notification is not a JSON object")
        expected = callback.memory.get("notif_token", "")
        given = body.get("notif_token")
        if not expected or not isinstance(given, str):
            raise CallbackRejected("no notif_token to compare")
        # Bytes, because compare_digest refuses text beyond ASCII; "replace" for lone surrogates.
        if not hmac.compare_digest(given.encode("utf-8", "replace"), expected.encode()):
            raise CallbackRejected("the notif_token is not the attempt's")

    def read_statement(self, file: BinaryIO) -> Iterator[StatementRecord | StatementProblem]:
        """Read a report of the partner portal in the account's layout."""
        return read_statement(file, layout=self._config.statement_layout)

    @staticmethod
    def statement_reference(reference: UUID) -> str:
        """Reports carry the order_id."""
        return mapping.order_id(reference)

    def _post(self, action: str, body: Mapping[str, Any]) -> HttpAnswer:
        """Call a Web Payment action with a token; an old token is replaced once."""
        token = self._current_token()
        answer = self._send(action, body, token)
        if answer.status != 401:
            return answer
        # A 401 was not processed, so the same order may be sent again.
        self._drop(token)
        return self._send(action, body, self._current_token())

    def _send(self, action: str, body: Mapping[str, Any], token: str) -> HttpAnswer:
        config = self._config
        return self._transport.request(
            "POST",
            f"{config.base_url}/orange-money-webpay/{config.env}/v1/{action}",
            headers={
                "Authorization": f"Bearer {token}",
                "Content-Type": "application/json",
                "Accept": "application/json",
            },
            body=json.dumps(body).encode(),
            timeout_s=config.timeout_s,
        )

    def _current_token(self) -> str:
        now = self._clock()
        with self._token_lock:
            token = self._token
        if token is not None and now < token.refresh_at:
            return token.value
        # Fetched outside the lock: two fetches at once are harmless, a hanging one that every
        # thread waits behind is not.
        token = self._fetch_token(now)
        with self._token_lock:
            self._token = token
        return token.value

    def _drop(self, refused: str) -> None:
        with self._token_lock:
            # Another thread may already have put a fresh one there.
            if self._token is not None and self._token.value == refused:
                self._token = None

    def _fetch_token(self, now: datetime) -> _Token:
        """Raises NotSent: without a token nothing was sent."""
        config = self._config
        credentials = base64.b64encode(f"{config.client_id}:{config.client_secret}".encode())
        try:
            answer = self._transport.request(
                "POST",
                f"{config.base_url}/oauth/v3/token",
                headers={
                    "Authorization": f"Basic {credentials.decode()}",
                    "Content-Type": "application/x-www-form-urlencoded",
                    "Accept": "application/json",
                },
                body=b"grant_type=client_credentials",
                timeout_s=config.timeout_s,
            )
        except OutcomeUnknown as error:
            raise NotSent(f"no token: {error}") from error
        body = mapping.json_object(answer.body)
        value = body.get("access_token") if body else None
        if answer.status != 200 or body is None or not isinstance(value, str) or not value:
            raise NotSent(
                f"no token: {_summary(answer)}", failure_code=_failure_code(answer.status)
            )
        return _Token(value, now + timedelta(seconds=_usable_s(body.get("expires_in"))))


@dataclass(frozen=True, slots=True)
class _Token:
    value: str
    refresh_at: datetime


def _usable_s(expires_in: object) -> int:
    """How long to use a token. `expires_in` is a number, or a string in older documents."""
    try:
        life_s = int(str(expires_in))
    except ValueError:
        life_s = TOKEN_LIFE_S_UNREADABLE
    # 90 days is usual; anything longer is a slip that would overflow a date.
    life_s = min(life_s, 90 * 24 * 3600)
    return life_s - min(TOKEN_MARGIN_S_MAX, life_s // 10)


def _failure_code(status: int) -> FailureCode | None:
    return FailureCode.CONFIGURATION if status in mapping.CONFIGURATION_STATUSES else None


def _summary(answer: HttpAnswer) -> str:
    """An answer in a line for people, without its secrets."""
    body = mapping.kept(mapping.json_object(answer.body))
    words = [f"HTTP {answer.status}", *(f"{name}={body[name]!s:.80}" for name in body)]
    return " ".join(words)
