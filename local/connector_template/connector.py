"""New Rail: order, status, signed callbacks, the daily report."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import datetime
from typing import BinaryIO
from uuid import UUID

from apps.providers.contract import (
    CallbackRejected,
    CallbackRequest,
    Clock,
    CollectRequest,
    ConnectorProfile,
    HttpAnswer,
    NotSent,
    Operation,
    OperationProfile,
    OutcomeUnknown,
    ProviderResult,
    QueryRequest,
    StatementProblem,
    StatementRecord,
    Transport,
)

from . import mapping
from .config import CREDENTIAL_FIELDS, NewRailConfig
from .statement import read_statement


class NewRailConnector:
    """One account at New Rail. Safe to share between threads."""

    profile = ConnectorProfile(
        code="new_rail",
        name="New Rail",
        names_every_success=True,
        callback_headers=("x-signature",),
        operations={
            Operation.COLLECT: OperationProfile(
                currencies={"CM": "XAF", "CI": "XOF"},
                operators=("wave",),
                approval="approve_on_phone",
                amount_min=1,
                amount_max=1_000_000,
                expires_after_s=600,
                unknown_reference_grace_s=900,
                # A second order under a reference is answered 409 and never carried out.
                is_repeat_safe=True,
            )
        },
    )

    def __init__(self, *, config: NewRailConfig, transport: Transport, clock: Clock) -> None:
        self._config = config
        self._transport = transport

    def collect(self, request: CollectRequest) -> ProviderResult:
        """Ask the payer. Raises NotSent, ProviderBusy or OutcomeUnknown."""
        answer = self._call(
            "POST",
            "/v1/payments",
            mapping.collect_body(request),
            not_after=request.not_after,
            is_instruction=True,
        )
        return mapping.collect_result(answer.status, answer.body)

    def query(self, request: QueryRequest) -> ProviderResult:
        """Raises ReferenceUnknown, OutcomeUnknown or ProviderMisbehaved."""
        try:
            answer = self._call("GET", f"/v1/payments/{request.reference}")
        except NotSent as error:
            # The question was not sent; of the payment this says nothing.
            raise OutcomeUnknown(f"New Rail could not be asked: {error}") from error
        return mapping.query_result(answer.status, answer.body, request)

    def parse_callback(self, callback: CallbackRequest) -> Sequence[UUID]:
        """Raises CallbackRejected: it is not signed with the account's secret."""
        signature = callback.headers.get("x-signature", "")
        if not mapping.is_signed(callback.body, signature, secret=self._config.callback_secret):
            raise CallbackRejected("the signature is not the account's")
        if mapping.json_object(callback.body) is None:
            raise CallbackRejected("not a JSON object")
        return mapping.named_references(callback.body)

    def read_statement(self, file: BinaryIO) -> Iterator[StatementRecord | StatementProblem]:
        return read_statement(file, layout=self._config.statement_layout)

    @staticmethod
    def statement_reference(reference: UUID) -> str:
        return str(reference)

    def _call(
        self,
        method: str,
        path: str,
        body: bytes = b"",
        *,
        not_after: datetime | None = None,
        is_instruction: bool = False,
    ) -> HttpAnswer:
        return self._transport.request(
            method,
            f"{self._config.base_url}{path}",
            headers={
                "Authorization": f"Bearer {self._config.api_key}",
                "Content-Type": "application/json",
            },
            body=body,
            not_after=not_after,
            is_instruction=is_instruction,
        )


CONNECTOR = NewRailConnector
READ_CONFIG = NewRailConfig.from_mapping
CREDENTIALS = CREDENTIAL_FIELDS
