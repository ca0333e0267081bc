"""Orange Money Web Payment: the payer agrees on a page hosted by Orange."""

from __future__ import annotations

import base64
import hmac
import json
from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime
from typing import Any, BinaryIO
from uuid import UUID

from apps.providers.contract import (
    CallbackRejected,
    CallbackRequest,
    Clock,
    CollectRequest,
    ConnectorProfile,
    DisputeRecord,
    FailureCode,
    HttpAnswer,
    NotSent,
    Operation,
    OperationProfile,
    OutcomeUnknown,
    ProviderMisbehaved,
    ProviderResult,
    QueryRequest,
    ReferenceUnknown,
    StatementBlock,
    StatementProblem,
    StatementRecord,
    Transport,
)
from apps.providers.kit.dispute_report import read_dispute_report
from apps.providers.kit.token_cache import FetchedToken, TokenCache

from . import mapping
from .config import CREDENTIAL_FIELDS, OrangeWebpayConfig
from .statement import read_statement, read_statement_blocks

TOKEN_LIFE_S_UNREADABLE = 60


class OrangeWebpayConnector:
    """Collects by redirect, asks, checks notifications, reads statements. Safe between threads.

    Orange has no refund, payout, list or balance on this product.
    """

    profile = ConnectorProfile(
        code="orange_webpay",
        name="Orange Money",
        names_every_success=True,
        operations={
            Operation.COLLECT: OperationProfile(
                currencies={"CM": "XAF", "CI": "XOF", "SN": "XOF", "ML": "XOF", "BF": "XOF"},
                operators=("orange",),
                approval="redirect",
                # Orange publishes no bounds: these only catch slips, the contract decides.
                amount_min=1,
                amount_max=2_000_000,
                # The page lives "minutes"; a quarter of an hour is past any we have heard of.
                expires_after_s=900,
                # Without a pay_token nobody can pay; this only outlasts a creation in flight.
                unknown_reference_grace_s=120,
            )
        },
    )

    def __init__(self, *, config: OrangeWebpayConfig, transport: Transport, clock: Clock) -> None:
        self._config = config
        self._transport = transport
        self._tokens = TokenCache(self._fetch_token, clock=clock)

    def collect(self, request: CollectRequest) -> ProviderResult:
        """Open a payment page; REQUIRES_ACTION with its address.

        Raises:
            NotSent: for every failure, timeouts too. A payer can only pay at a payment_url, and
                one that never reached us never reached a payer. That holds for an answer that
                says yes and cannot be read, too. The order_id may be used up at Orange: a second
                try needs a new reference.
        """
        body = mapping.creation(
            request,
            merchant_key=self._config.merchant_key,
            currency=self._config.wire_currency or request.currency,
        )
        try:
            answer = self._post(
                "webpayment", body, not_after=request.not_after, is_instruction=True
            )
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
        if not request.connector_state.get("pay_token"):
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

    def parse_callback(self, callback: CallbackRequest) -> Sequence[UUID]:
        """Check that a notification carries the notif_token of its attempt; nothing else is signed.
        It names no order: only the attempt's own address says which it is.

        Raises:
            CallbackRejected: it does not, or it is not a JSON object.
        """
        body = mapping.json_object(callback.body)
        if body is None:
            raise CallbackRejected("the notification is not a JSON object")
        expected = callback.connector_state.get("notif_token", "")
        given = body.get("notif_token")
        if not expected or not isinstance(given, str):
            raise CallbackRejected("no notif_token to compare")
        # Bytes, because compare_digest refuses text beyond ASCII; "replace" for lone surrogates.
        if not hmac.compare_digest(given.encode("utf-8", "replace"), expected.encode()):
            raise CallbackRejected("the notif_token is not the attempt's")
        return ()

    def read_statement(self, file: BinaryIO) -> Iterator[StatementRecord | StatementProblem]:
        """Read a report of the partner portal in the account's layout."""
        return read_statement(file, layout=self._config.statement_layout)

    def read_blocks(
        self, file: BinaryIO
    ) -> Iterator[StatementRecord | StatementProblem | StatementBlock]:
        return read_statement_blocks(file, layout=self._config.statement_layout)

    def read_disputes(self, file: BinaryIO) -> Iterator[DisputeRecord | StatementProblem]:
        return read_dispute_report(file, self._config.dispute_layout)

    @staticmethod
    def statement_reference(reference: UUID) -> str:
        """Reports carry the order_id."""
        return mapping.order_id(reference)

    def _post(
        self,
        action: str,
        body: Mapping[str, Any],
        *,
        not_after: datetime | None = None,
        is_instruction: bool = False,
    ) -> HttpAnswer:
        """Call a Web Payment action."""
        config = self._config

        def send(token: str) -> HttpAnswer:
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
                not_after=not_after,
                is_instruction=is_instruction,
            )

        return self._tokens.call(send, not_after=not_after)

    def _fetch_token(self) -> FetchedToken:
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
                is_instruction=False,
            )
        except OutcomeUnknown as error:
            raise NotSent(f"no token: {error}") from error
        body = mapping.json_object(answer.body)
        value = body.get("access_token") if body else None
        if answer.status != 200 or body is None or not isinstance(value, str) or not value:
            raise NotSent(
                f"no token: {_summary(answer)}", failure_code=_failure_code(answer.status)
            )
        return FetchedToken(value, _life_s(body.get("expires_in")))


def _life_s(expires_in: object) -> float:
    """`expires_in` is a number, or a string in older documents."""
    try:
        return float(str(expires_in))
    except ValueError:
        return TOKEN_LIFE_S_UNREADABLE


def _failure_code(status: int) -> FailureCode | None:
    return FailureCode.CONFIGURATION if status in mapping.CONFIGURATION_STATUSES else None


def _summary(answer: HttpAnswer) -> str:
    """An answer in a line for people, without its secrets."""
    body = mapping.kept(mapping.json_object(answer.body))
    words = [f"HTTP {answer.status}", *(f"{name}={body[name]!s:.80}" for name in body)]
    return " ".join(words)


CONNECTOR = OrangeWebpayConnector
READ_CONFIG = OrangeWebpayConfig.from_mapping
CREDENTIALS = CREDENTIAL_FIELDS
