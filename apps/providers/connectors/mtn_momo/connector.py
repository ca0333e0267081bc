"""MTN MoMo collections: requesttopay, its status, its callback, the daily report."""

from __future__ import annotations

import base64
import json
import threading
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import BinaryIO
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
    ProviderResult,
    QueryRequest,
    StatementProblem,
    StatementRecord,
    Transport,
)

from . import mapping
from .config import MtnMomoConfig
from .statement import DEFAULT_LAYOUT, StatementLayout, read_statement

PROFILE = ConnectorProfile(
    code="mtn_momo",
    name="MTN Mobile Money",
    operator="mtn",
    currencies={"CM": "XAF", "CG": "XAF", "CI": "XOF", "BJ": "XOF"},
    approval="approve_on_phone",
    amount_min=1,
    # MTN publishes no ceiling for the API; wallets have lower ones of their own.
    amount_max=5_000_000,
    # MTN ends a prompt after about five minutes; we leave its own word time to come first.
    expires_after_s=600,
    # MTN gives no figure for how soon a reference is visible: ours.
    unknown_reference_grace_s=900,
)

TOKEN_EARLY = timedelta(seconds=120)
TOKEN_TIMEOUT_S = 10.0
TOKEN_LIFE_S_MAX = 86_400


class MtnMomoConnector:
    """One account at MTN. Safe to share between threads. Implements Collects, Queries,
    ParsesCallbacks and ReadsStatements."""

    profile = PROFILE

    def __init__(
        self,
        *,
        config: MtnMomoConfig,
        transport: Transport,
        clock: Clock,
        layout: StatementLayout = DEFAULT_LAYOUT,
    ) -> None:
        self._config = config
        self._transport = transport
        self._layout = layout
        self._tokens = _TokenCache(config, transport, clock)

    def collect(self, request: CollectRequest) -> ProviderResult:
        """Ask the payer. A repeat with the same reference never asks twice.

        Raises NotSent or OutcomeUnknown.
        """
        if request.currency not in self.profile.currencies.values():
            raise NotSent(
                f"currency not served: {request.currency}", failure_code=FailureCode.CONFIGURATION
            )
        headers = {"X-Reference-Id": str(request.reference), "Content-Type": "application/json"}
        if request.callback_url:
            # An empty header is answered 400.
            headers["X-Callback-Url"] = request.callback_url
        body = mapping.collect_body(request, wire_currency=self._config.wire_currency)
        answer = self._call("POST", "/collection/v1_0/requesttopay", headers, body)
        return mapping.creation_result(answer.status, answer.body)

    def query(self, request: QueryRequest) -> ProviderResult:
        """Raises ReferenceUnknown, OutcomeUnknown, NotSent (both: no news), ProviderMisbehaved."""
        answer = self._call("GET", f"/collection/v1_0/requesttopay/{request.reference}", {})
        return mapping.query_result(
            answer.status, answer.body, request, wire_currency=self._config.wire_currency
        )

    def parse_callback(self, callback: CallbackRequest) -> None:
        """MTN signs nothing: all that can be checked is that it looks like MTN's."""
        # The documents disagree on the verb; the portal says accept both.
        if callback.method not in ("POST", "PUT"):
            raise CallbackRejected(f"method {callback.method}")
        if not mapping.is_callback(callback.body):
            raise CallbackRejected("not a status resource")

    def read_statement(self, file: BinaryIO) -> Iterator[StatementRecord | StatementProblem]:
        return read_statement(file, self._layout)

    @staticmethod
    def statement_reference(reference: UUID) -> str:
        return str(reference)

    def _call(
        self, method: str, path: str, headers: Mapping[str, str], body: bytes = b""
    ) -> HttpAnswer:
        """One call with a token; on 401 once more with a new one.

        Raises NotSent if no token could be had, for then the call itself was never made.
        """
        token = self._tokens.get()
        answer = self._send(method, path, headers, body, token)
        if answer.status == 401:
            self._tokens.drop(token)
            answer = self._send(method, path, headers, body, self._tokens.get())
        return answer

    def _send(
        self, method: str, path: str, headers: Mapping[str, str], body: bytes, token: str
    ) -> HttpAnswer:
        return self._transport.request(
            method,
            self._config.base_url + path,
            headers={
                "Authorization": f"Bearer {token}",
                "Ocp-Apim-Subscription-Key": self._config.subscription_key,
                "X-Target-Environment": self._config.target_environment,
                **headers,
            },
            body=body,
        )


@dataclass(frozen=True, slots=True)
class _Token:
    value: str
    refresh_at: datetime
    expires_at: datetime


class _TokenCache:
    """The access token of one account: fetched by one thread at a time, before it expires."""

    def __init__(self, config: MtnMomoConfig, transport: Transport, clock: Clock) -> None:
        self._config = config
        self._transport = transport
        self._clock = clock
        self._fetching = threading.Lock()
        # Replaced as a whole, so that readers need no lock.
        self._current: _Token | None = None

    def get(self) -> str:
        """A token good for the next call. Raises NotSent if MTN gives none."""
        current = self._current
        now = self._clock()
        if current is not None and now < current.refresh_at:
            return current.value
        usable = current if current is not None and now < current.expires_at else None
        # Near its end one thread fetches the next and the others go on with this one; without
        # a usable one everybody waits for the fetch.
        if not self._fetching.acquire(blocking=usable is None) and usable is not None:
            return usable.value
        try:
            latest = self._current
            if latest is None or latest is current:
                latest = self._current = self._fetch()
            return latest.value
        except NotSent:
            if usable is None:
                raise
            return usable.value
        finally:
            self._fetching.release()

    def drop(self, value: str) -> None:
        """Forget a token MTN refused, unless another thread has already replaced it."""
        current = self._current
        if current is not None and current.value == value:
            self._current = None

    def _fetch(self) -> _Token:
        credentials = f"{self._config.api_user}:{self._config.api_key}".encode()
        asked_at = self._clock()
        try:
            answer = self._transport.request(
                "POST",
                f"{self._config.base_url}/collection/token/",
                headers={
                    "Authorization": f"Basic {base64.b64encode(credentials).decode()}",
                    "Ocp-Apim-Subscription-Key": self._config.subscription_key,
                },
                timeout_s=TOKEN_TIMEOUT_S,
            )
        except OutcomeUnknown as error:
            # A token moves no money: whatever became of it, the payment was not sent.
            raise NotSent(f"no token from MTN: {error}") from error
        if answer.status in (400, 401, 403):
            raise NotSent(
                f"MTN refused our credentials: HTTP {answer.status}",
                failure_code=FailureCode.CONFIGURATION,
            )
        try:
            fields = json.loads(answer.body) if answer.status == 200 else {}
            value = str(fields["access_token"])
            lifetime = timedelta(seconds=min(max(0, int(fields["expires_in"])), TOKEN_LIFE_S_MAX))
        except (ValueError, KeyError, TypeError, OverflowError) as error:
            raise NotSent(f"no token from MTN: HTTP {answer.status}") from error
        expires_at = asked_at + lifetime
        return _Token(value, expires_at - min(TOKEN_EARLY, lifetime / 2), expires_at)
