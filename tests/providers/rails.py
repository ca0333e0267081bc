"""Every connector over its simulator: accounts, and an order for each of its operations."""

from __future__ import annotations

import time
import uuid
from datetime import UTC, datetime
from importlib import import_module
from typing import Any

from apps.providers import registry
from apps.providers.contract import (
    CollectRequest,
    DisburseRequest,
    HttpAnswer,
    Operation,
    OperationRequest,
    Outcome,
    QueryRequest,
    RefundRequest,
)
from apps.providers.transports.http import HttpTransport

CODES = sorted(registry.CONNECTORS)
# What each connector says it can do.
OPERATIONS = [
    (code, operation) for code in CODES for operation in registry.PROFILES[code].operations
]

_SIMULATORS = {code: import_module(f"apps.providers.connectors.{code}.simulator") for code in CODES}
CREDENTIALS = {code: simulator.TEST_CREDENTIALS for code, simulator in _SIMULATORS.items()}
PEOPLE = {code: simulator.TEST_PAYER for code, simulator in _SIMULATORS.items()}


class HastyTransport(HttpTransport):
    """The real one, which waits no longer than `patience_s` for an answer, once that is set."""

    patience_s = 60.0

    def request(
        self, method: str, url: str, *, timeout_s: float = 20.0, **particulars: Any
    ) -> HttpAnswer:
        timeout_s = min(timeout_s, self.patience_s)
        return super().request(method, url, timeout_s=timeout_s, **particulars)


def build(code: str, url: str, *, transport: HttpTransport | None = None) -> Any:
    """A connector over the real transport, at this address."""
    read_config, connector = registry.CONNECTORS[code]
    config = read_config({"base_url": f"{url}/{code}", **CREDENTIALS[code]})
    transport = transport or HttpTransport()
    return connector(config=config, transport=transport, clock=lambda: datetime.now(UTC))


def place(code: str) -> dict[str, str]:
    """Where this rail is, and its currency there."""
    country, currency = next(
        iter(registry.PROFILES[code].operations[Operation.COLLECT].currencies.items())
    )
    return {"country": country, "currency": currency}


def order(code: str, **changes: Any) -> CollectRequest:
    return CollectRequest(
        **{
            "reference": uuid.uuid4(),
            "amount": 1_500,
            **place(code),
            "payer_msisdn": PEOPLE[code],
            "description": "Livre",
            "merchant_name": "Librairie",
            "callback_url": "http://127.0.0.1:9/callback",
            "return_url": "https://shop.example/return",
            "cancel_url": "https://shop.example/cancel",
            **changes,
        }
    )


def paid_order(code: str, url: str) -> CollectRequest:
    """An order that its payer has paid."""
    connector, request = build(code, url), order(code)
    asked = question(Operation.COLLECT, request, connector.collect(request).connector_state)
    give_up_at = time.monotonic() + 30.0
    while connector.query(asked).outcome is not Outcome.SUCCEEDED:
        assert time.monotonic() < give_up_at
        time.sleep(0.02)
    return request


def request_for(
    code: str, operation: Operation, *, collected: CollectRequest | None = None
) -> OperationRequest:
    """An order of this operation; `collected` is what a refund gives back, None: nothing was."""
    if operation is Operation.COLLECT:
        return order(code)
    common = {
        "reference": uuid.uuid4(),
        "amount": 1_500,
        **place(code),
        "description": "Livre",
        "merchant_name": "Librairie",
        "callback_url": "http://127.0.0.1:9/callback",
    }
    if operation is Operation.DISBURSE:
        return DisburseRequest(payee_msisdn=PEOPLE[code], **common)
    paid = collected or order(code)
    return RefundRequest(
        payer_msisdn=paid.payer_msisdn,
        collected_reference=paid.reference,
        collected_provider_reference="",
        **common,
    )


def question(
    operation: Operation, request: OperationRequest, connector_state: Any = None
) -> QueryRequest:
    is_disbursed = isinstance(request, DisburseRequest)
    return QueryRequest(
        reference=request.reference,
        amount=request.amount,
        currency=request.currency,
        counterparty=request.payee_msisdn if is_disbursed else request.payer_msisdn,
        operation=operation,
        connector_state=connector_state or {},
        collected_reference=getattr(request, "collected_reference", None),
        ordered_at=datetime.now(UTC),
    )
