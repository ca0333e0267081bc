"""New Rail's words and ours. Pure: no network, no clock. Sources: README.md."""

from __future__ import annotations

import hashlib
import hmac
import json
from collections.abc import Sequence
from typing import Any
from uuid import UUID

from apps.providers.contract import (
    CollectRequest,
    FailureCode,
    NextAction,
    NotSent,
    Outcome,
    OutcomeUnknown,
    ProviderBusy,
    ProviderMisbehaved,
    ProviderResult,
    QueryRequest,
    ReferenceUnknown,
)
from apps.providers.kit.wire_values import (
    currency_code,
    echoed_party,
    same_reference,
    whole_amount,
)

# A status that is not here is pending, never failed.
OUTCOMES = {
    "PENDING": Outcome.PENDING,
    "PAID": Outcome.SUCCEEDED,
    "REFUSED": Outcome.FAILED,
}
FAILURE_CODES = {
    "NO_FUNDS": FailureCode.INSUFFICIENT_FUNDS,
    "TIMED_OUT": FailureCode.PAYER_TIMED_OUT,
    "DECLINED": FailureCode.PAYER_DECLINED,
}

# The order was read and refused as it is: nothing was taken.
REFUSED_STATUSES = {400, 401, 403, 422}
BUSY_STATUSES = {429, 503}
# All that is kept of an answer: no phone number, no secret.
RAW_FIELDS = ("id", "reference", "status", "reason", "amount", "currency")


def collect_body(request: CollectRequest) -> bytes:
    return json.dumps(
        {
            "reference": str(request.reference),
            "amount": request.amount,
            "currency": request.currency,
            "phone": request.payer_msisdn,
            "label": request.description or request.merchant_name,
            "callback_url": request.callback_url,
        }
    ).encode()


def collect_result(status: int, body: bytes) -> ProviderResult:
    """What the answer to an order means. Raises NotSent, ProviderBusy or OutcomeUnknown."""
    if status == 202:
        return _asked(json_object(body) or {})
    if status == 409:
        # Our reference, used by us before. The query tells what became of it.
        return _asked({})
    said = f"New Rail answered HTTP {status}"
    if status in REFUSED_STATUSES:
        raise NotSent(said, failure_code=FailureCode.CONFIGURATION)
    if status in BUSY_STATUSES:
        raise ProviderBusy(said)
    raise OutcomeUnknown(said)


def query_result(status: int, body: bytes, request: QueryRequest) -> ProviderResult:
    """What the answer to a status query means; a status we don't know stays pending.

    Raises ReferenceUnknown, OutcomeUnknown (no news) or ProviderMisbehaved (a person must look).
    """
    if status == 404:
        raise ReferenceUnknown(str(request.reference))
    if status != 200:
        raise OutcomeUnknown(f"New Rail answered HTTP {status}")
    answer = json_object(body)
    if answer is None or not isinstance(answer.get("status"), str):
        raise ProviderMisbehaved("no status in the answer")
    if not same_reference(answer.get("reference"), request.reference):
        raise ProviderMisbehaved("the answer is about another reference")
    outcome = OUTCOMES.get(answer["status"], Outcome.PENDING)
    amount, currency = _amount(answer.get("amount")), currency_code(answer.get("currency"))
    if outcome is Outcome.SUCCEEDED and (amount is None or not currency):
        raise ProviderMisbehaved("a success without amount or currency")
    failure_code = None
    if outcome is Outcome.FAILED:
        failure_code = FAILURE_CODES.get(str(answer.get("reason")), FailureCode.PROVIDER_DECLINED)
    return ProviderResult(
        outcome,
        provider_reference=str(answer.get("id") or ""),
        failure_code=failure_code,
        next_action=NextAction("approve_on_phone") if outcome is Outcome.PENDING else None,
        amount=amount,
        currency=currency,
        counterparty=echoed_party(answer.get("phone"), request.counterparty),
        raw=_kept(answer),
    )


def is_signed(body: bytes, signature: str, *, secret: str) -> bool:
    """Whether a callback bears the HMAC of its body under the account's secret."""
    expected = hmac.new(secret.encode(), body, hashlib.sha256).hexdigest()
    # Bytes, because compare_digest refuses text beyond ASCII.
    return hmac.compare_digest(signature.encode("utf-8", "replace"), expected.encode())


def named_references(body: bytes) -> Sequence[UUID]:
    """The reference a callback names, if it names one of ours."""
    try:
        return [UUID(str((json_object(body) or {}).get("reference")))]
    except ValueError:
        return []


def json_object(body: bytes) -> dict[str, Any] | None:
    """The JSON object in a body, or None for anything else."""
    try:
        value = json.loads(body)
    except (ValueError, RecursionError):  # Not UTF-8, not JSON, or nested without end.
        return None
    return value if isinstance(value, dict) else None


def _asked(answer: dict[str, Any]) -> ProviderResult:
    return ProviderResult(
        Outcome.PENDING,
        provider_reference=str(answer.get("id") or ""),
        next_action=NextAction("approve_on_phone"),
        raw=_kept(answer),
    )


def _amount(value: Any) -> int | None:
    try:
        return whole_amount(value)
    except ValueError as error:
        raise ProviderMisbehaved(str(error)) from error


def _kept(answer: dict[str, Any]) -> dict[str, Any]:
    return {name: answer[name] for name in RAW_FIELDS if name in answer}
