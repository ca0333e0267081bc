"""Orange's words and ours. Pure: no network, no clock. Sources: README.md."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from typing import Any
from uuid import UUID

from apps.providers.contract import (
    CollectRequest,
    FailureCode,
    NextAction,
    Outcome,
    ProviderMisbehaved,
    ProviderResult,
    QueryRequest,
)
from apps.providers.kit.web_address import is_web_url, sendable_url
from apps.providers.kit.wire_values import currency_code, echoed_amount

# Source: Web Payment, "Transaction status" (README.md, status table). A status that is not here
# is pending. INITIATED is pending too: the platform still has the redirect it was given.
OUTCOMES = {
    "INITIATED": Outcome.PENDING,
    "PENDING": Outcome.PENDING,
    "SUCCESS": Outcome.SUCCEEDED,
    "FAILED": Outcome.FAILED,
    "EXPIRED": Outcome.FAILED,
}
# Orange gives no reason beside the status.
FAILURE_CODES = {
    "FAILED": FailureCode.PROVIDER_DECLINED,
    "EXPIRED": FailureCode.PAYER_TIMED_OUT,
}

# Refusals that a second try would meet again: bad parameter, bad credentials, no right.
CONFIGURATION_STATUSES = {400, 401, 403}

CREATED = 201
SANDBOX_CURRENCY = "OUV"
MERCHANT_NAME_MAX = 30
# All that is kept of an answer. The tokens are secrets and payment_url contains one of them.
RAW_FIELDS = ("status", "message", "order_id", "txnid", "code", "description")

CROCKFORD = "0123456789abcdefghjkmnpqrstvwxyz"


def order_id(reference: UUID) -> str:
    """Our reference as Orange sees it: 26 characters of Crockford base32 (Orange allows 30).

    It comes from the attempt, not from the order: a used order_id can never be paid again.
    """
    number = reference.int
    digits = []
    for _ in range(26):
        number, digit = divmod(number, 32)
        digits.append(CROCKFORD[digit])
    return "".join(reversed(digits))


def creation(request: CollectRequest, *, merchant_key: str, currency: str) -> dict[str, Any]:
    """The body of `webpayment`. `currency` as the wire wants it ("OUV" in the sandbox).

    Raises NotSent: an address cannot be written as Orange takes it.
    """
    return {
        "merchant_key": merchant_key,
        "currency": currency,
        "order_id": order_id(request.reference),
        "amount": request.amount,
        "return_url": sendable_url(request.return_url, provider="Orange"),
        "cancel_url": sendable_url(request.cancel_url, provider="Orange"),
        "notif_url": sendable_url(request.callback_url, provider="Orange"),
        "lang": "en" if request.language.lower().startswith("en") else "fr",
        "reference": _shop(request),
    }


def created_result(body: Mapping[str, Any] | None) -> ProviderResult | None:
    """Translate the answer to `webpayment`; None when it gives the payer nowhere to go.

    The `status` inside the body decides, not the HTTP code.
    """
    if body is None or body.get("status") != CREATED:
        return None
    pay_token, notif_token, url = (
        body.get(name) for name in ("pay_token", "notif_token", "payment_url")
    )
    if not (_is_text(pay_token) and _is_text(notif_token) and is_web_url(url)):
        return None
    return ProviderResult(
        Outcome.REQUIRES_ACTION,
        next_action=NextAction("redirect", str(url)),
        connector_state={"pay_token": str(pay_token), "notif_token": str(notif_token)},
        raw=kept(body, secrets=(str(pay_token), str(notif_token))),
    )


def status_question(request: QueryRequest) -> dict[str, Any]:
    """The body of `transactionstatus`: the three values Orange compares with its own."""
    return {
        "order_id": order_id(request.reference),
        "amount": request.amount,
        "pay_token": request.connector_state["pay_token"],
    }


def status_result(body: Mapping[str, Any] | None, request: QueryRequest) -> ProviderResult:
    """Translate the answer to `transactionstatus`; a status we don't know stays pending.

    Raises:
        ProviderMisbehaved: no status, or the answer is about another order.
    """
    if body is None or not _is_text(body.get("status")):
        raise ProviderMisbehaved("the status answer has no status")
    order = body.get("order_id")
    if order not in (None, "") and str(order).strip().lower() != order_id(request.reference):
        raise ProviderMisbehaved("the status answer is about another order_id")
    status = body["status"]
    outcome = OUTCOMES.get(status, Outcome.PENDING)
    txnid = body.get("txnid")
    amount = echoed_amount(body.get("amount"))
    if amount is None and outcome is Outcome.SUCCEEDED:
        # The answer names none, but the question did, and Orange answers only when order_id,
        # amount and pay_token are all its own: this is the amount it was paid.
        amount = request.amount
    currency = currency_code(body.get("currency"))
    return ProviderResult(
        outcome,
        provider_reference=txnid if isinstance(txnid, str) else "",
        failure_code=FAILURE_CODES.get(status),
        amount=amount,
        # The sandbox's own is nobody's.
        currency="" if currency == SANDBOX_CURRENCY else currency,
        raw=kept(body, secrets=tuple(request.connector_state.values())),
    )


def json_object(body: bytes) -> dict[str, Any] | None:
    """The JSON object in a body, or None for anything else."""
    try:
        value = json.loads(body)
    except (ValueError, RecursionError):  # Not UTF-8, not JSON, or nested without end.
        return None
    return value if isinstance(value, dict) else None


def kept(body: Mapping[str, Any] | None, *, secrets: Sequence[str] = ()) -> dict[str, Any]:
    """What of an answer may be stored and read by people; a sentence may quote a token."""
    result: dict[str, Any] = {}
    for name in RAW_FIELDS:
        value = (body or {}).get(name)
        if isinstance(value, str):
            for secret in filter(None, secrets):
                value = value.replace(secret, "…")
            result[name] = value
        elif isinstance(value, int | float):
            result[name] = value
    return result


def _shop(request: CollectRequest) -> str:
    """Who asks, on Orange's page. Control characters and double spaces have no place there, and
    Orange wants a name."""
    visible = "".join(letter if letter.isprintable() else " " for letter in request.merchant_name)
    return " ".join(visible.split())[:MERCHANT_NAME_MAX].strip() or order_id(request.reference)


def _is_text(value: object) -> bool:
    return isinstance(value, str) and value != ""
