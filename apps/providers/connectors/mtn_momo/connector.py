"""MTN MoMo: requesttopay, refund and transfer, their status, callbacks, the daily report."""

from __future__ import annotations

import base64
import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from datetime import datetime
from functools import partial
from typing import BinaryIO
from urllib.parse import quote
from uuid import UUID

from apps.providers.contract import (
    CallbackRejected,
    CallbackRequest,
    Clock,
    CollectRequest,
    ConnectorProfile,
    DisburseRequest,
    DisputeRecord,
    FailureCode,
    HttpAnswer,
    NotSent,
    Operation,
    OperationProfile,
    OperationRequest,
    OutcomeUnknown,
    PayeeCheck,
    PayeeRequest,
    PayeeStatus,
    ProviderResult,
    QueryRequest,
    RefundRequest,
    StatementBlock,
    StatementProblem,
    StatementRecord,
    Transport,
    WalletBalance,
)
from apps.providers.kit.dispute_report import read_dispute_report
from apps.providers.kit.token_cache import FetchedToken, TokenCache
from apps.providers.kit.web_address import ascii_url

from . import mapping
from .config import CREDENTIAL_FIELDS, MtnMomoConfig
from .statement import read_statement, read_statement_blocks

COLLECT = OperationProfile(
    currencies={"CM": "XAF", "CG": "XAF", "CI": "XOF", "BJ": "XOF"},
    operators=("mtn",),
    approval="approve_on_phone",
    amount_min=1,
    # MTN publishes no ceiling for the API; wallets have lower ones of their own.
    amount_max=5_000_000,
    # MTN ends a prompt after about five minutes; we leave its own word time to come first.
    expires_after_s=600,
    # MTN gives no figure for how soon a reference is visible: ours.
    unknown_reference_grace_s=900,
    # X-Reference-Id: a second order under it is answered 409 and never carried out.
    is_repeat_safe=True,
)
# Nobody is asked to approve what goes out.
OUT = replace(COLLECT, approval="", expires_after_s=0)

PROFILE = ConnectorProfile(
    code="mtn_momo",
    name="MTN Mobile Money",
    names_every_success=True,
    operations={
        Operation.COLLECT: COLLECT,
        Operation.REFUND: OUT,
        Operation.DISBURSE: OUT,
    },
)

# Where each operation lives: product and path. MTN has no refund among collections.
ENDPOINTS = {
    Operation.COLLECT: ("collection", "requesttopay"),
    Operation.REFUND: ("disbursement", "refund"),
    Operation.DISBURSE: ("disbursement", "transfer"),
}

# MTN's newer platform takes 10 to 20 s for one.
TOKEN_TIMEOUT_S = 30.0


class MtnMomoConnector:
    """One account at MTN: its subscription to collections and, where it has one, to disbursements.
    Safe to share between threads. Implements every protocol."""

    profile = PROFILE

    def __init__(
        self,
        *,
        config: MtnMomoConfig,
        transport: Transport,
        clock: Clock,
    ) -> None:
        self._config = config
        self._transport = transport
        self._tokens = {
            product: TokenCache(partial(self._fetch_token, product), clock=clock, early_s=120)
            for product in config.subscriptions
        }

    def collect(self, request: CollectRequest) -> ProviderResult:
        """Ask the payer. A repeat with the same reference never asks twice.

        Raises NotSent, ProviderBusy or OutcomeUnknown.
        """
        body = mapping.collect_body(request, wire_currency=self._config.wire_currency)
        return mapping.pending_approval(self._instruct(Operation.COLLECT, request, body))

    def refund(self, request: RefundRequest) -> ProviderResult:
        """Give back what a requesttopay collected; MTN finds the payer by its reference.

        Raises NotSent, ProviderBusy or OutcomeUnknown.
        """
        body = mapping.refund_body(request, wire_currency=self._config.wire_currency)
        return self._instruct(Operation.REFUND, request, body)

    def disburse(self, request: DisburseRequest) -> ProviderResult:
        """Send to a wallet. A repeat with the same reference never pays twice.

        Raises NotSent, ProviderBusy or OutcomeUnknown.
        """
        body = mapping.disburse_body(request, wire_currency=self._config.wire_currency)
        return self._instruct(Operation.DISBURSE, request, body)

    def query(self, request: QueryRequest) -> ProviderResult:
        """Raises ReferenceUnknown, OutcomeUnknown, NotSent (both: no news), ProviderMisbehaved."""
        product, path = ENDPOINTS[request.operation]
        answer = self._call("GET", product, f"{path}/{request.reference}", {})
        return mapping.query_result(
            answer.status, answer.body, request, wire_currency=self._config.wire_currency
        )

    def check_payee(self, request: PayeeRequest) -> PayeeCheck:
        """Raises NotSent or OutcomeUnknown: nothing is known of the payee."""
        payee = quote(request.payee_msisdn, safe="")
        answer = self._call("GET", "disbursement", f"accountholder/msisdn/{payee}/active", {})
        check = mapping.payee_check(answer.status, answer.body)
        if not request.wants_name or check.status is not PayeeStatus.CAN_RECEIVE:
            return check
        path = f"accountholder/msisdn/{payee}/basicuserinfo"
        answer = self._call("GET", "disbursement", path, {})
        return mapping.named_payee(check, answer.status, answer.body)

    def read_balances(self, currency: str) -> Sequence[WalletBalance]:
        """One wallet for each product: what is collected is not what is paid from.

        Raises NotSent, OutcomeUnknown or ProviderMisbehaved.
        """
        balances = []
        for product in self._config.subscriptions:
            answer = self._call("GET", product, "account/balance", {})
            balances.append(
                mapping.wallet_balance(
                    answer.status,
                    answer.body,
                    product=product,
                    currency=currency,
                    wire_currency=self._config.wire_currency,
                )
            )
        return balances

    def parse_callback(self, callback: CallbackRequest) -> Sequence[UUID]:
        """MTN signs nothing: all that can be checked is that it looks like MTN's."""
        # The documents disagree on the verb; the portal says accept both.
        if callback.method not in ("POST", "PUT"):
            raise CallbackRejected(f"method {callback.method}")
        if not mapping.is_callback(callback.body):
            raise CallbackRejected("not a status resource")
        return mapping.named_references(callback.body)

    def read_statement(self, file: BinaryIO) -> Iterator[StatementRecord | StatementProblem]:
        return read_statement(file, layout=self._config.statement_layout)

    def read_blocks(
        self, file: BinaryIO
    ) -> Iterator[StatementRecord | StatementProblem | StatementBlock]:
        return read_statement_blocks(file, layout=self._config.statement_layout)

    def read_disputes(self, file: BinaryIO) -> Iterator[DisputeRecord | StatementProblem]:
        return read_dispute_report(file, self._config.dispute_layout)

    @staticmethod
    def statement_reference(reference: UUID) -> str:
        return str(reference)

    def _instruct(
        self, operation: Operation, request: OperationRequest, body: bytes
    ) -> ProviderResult:
        if request.currency not in self.profile.operations[operation].currencies.values():
            raise NotSent(
                f"currency not served: {request.currency}", failure_code=FailureCode.CONFIGURATION
            )
        headers = {"X-Reference-Id": str(request.reference), "Content-Type": "application/json"}
        if request.callback_url:
            # An empty header is answered 400.
            headers["X-Callback-Url"] = _header_url(request.callback_url)
        product, path = ENDPOINTS[operation]
        answer = self._call(
            "POST",
            product,
            path,
            headers,
            body,
            not_after=request.not_after,
            is_instruction=True,
        )
        return mapping.creation_result(answer.status, answer.body)

    def _call(
        self,
        method: str,
        product: str,
        path: str,
        headers: Mapping[str, str],
        body: bytes = b"",
        *,
        not_after: datetime | None = None,
        is_instruction: bool = False,
    ) -> HttpAnswer:
        subscription = self._config.subscriptions.get(product)
        if subscription is None:
            raise NotSent(
                f"this account has no subscription to MTN's {product}",
                failure_code=FailureCode.CONFIGURATION,
            )

        def send(token: str) -> HttpAnswer:
            return self._transport.request(
                method,
                f"{self._config.base_url}/{product}/v1_0/{path}",
                headers={
                    "Authorization": f"Bearer {token}",
                    "Ocp-Apim-Subscription-Key": subscription.subscription_key,
                    "X-Target-Environment": self._config.target_environment,
                    **headers,
                },
                body=body,
                not_after=not_after,
                is_instruction=is_instruction,
            )

        return self._tokens[product].call(send, not_after=not_after)

    def _fetch_token(self, product: str) -> FetchedToken:
        subscription = self._config.subscriptions[product]
        credentials = f"{subscription.api_user}:{subscription.api_key}".encode()
        try:
            answer = self._transport.request(
                "POST",
                f"{self._config.base_url}/{product}/token/",
                headers={
                    "Authorization": f"Basic {base64.b64encode(credentials).decode()}",
                    "Ocp-Apim-Subscription-Key": subscription.subscription_key,
                    # The newer platform demands it, the older ones ignore it.
                    "X-Target-Environment": self._config.target_environment,
                },
                timeout_s=TOKEN_TIMEOUT_S,
                is_instruction=False,
            )
        except OutcomeUnknown as error:
            # A token moves no money: whatever became of it, the instruction was not sent.
            raise NotSent(f"no token from MTN: {error}") from error
        if answer.status in (400, 401, 403):
            raise NotSent(
                f"MTN refused our credentials: HTTP {answer.status}",
                failure_code=FailureCode.CONFIGURATION,
            )
        try:
            fields = json.loads(answer.body) if answer.status == 200 else {}
            return FetchedToken(str(fields["access_token"]), float(fields["expires_in"]))
        except (ValueError, KeyError, TypeError, OverflowError, RecursionError) as error:
            raise NotSent(f"no token from MTN: HTTP {answer.status}") from error


def _header_url(url: str) -> str:
    try:
        return ascii_url(url)
    except ValueError as error:
        raise NotSent(
            f"the callback address cannot be sent: {error}",
            failure_code=FailureCode.CONFIGURATION,
        ) from error


CONNECTOR = MtnMomoConnector
READ_CONFIG = MtnMomoConfig.from_mapping
CREDENTIALS = CREDENTIAL_FIELDS
