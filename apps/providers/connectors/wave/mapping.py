"""Wave's words in ours. Pure: no clock, no network. Sources and tables: README.md."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any
from uuid import UUID

from apps.providers.contract import (
    CollectRequest,
    DisburseRequest,
    FailureCode,
    HttpAnswer,
    NextAction,
    NotSent,
    Outcome,
    OutcomeUnknown,
    ProviderBusy,
    ProviderMisbehaved,
    ProviderResult,
    QueryRequest,
    ReferenceUnknown,
    WalletBalance,
)
from apps.providers.kit.plain_text import first_plain_text
from apps.providers.kit.web_address import is_web_url, sendable_url
from apps.providers.kit.wire_values import (
    currency_code,
    echoed_amount,
    echoed_party,
    same_reference,
)

REASON_LENGTH_MAX = 40

# Of the API's table of errors: nothing was done, and the same would be refused again.
CONFIGURATION_CODES = frozenset(
    {
        "request-validation-error",
        "request-parsing-error",
        "request-not-json",
        "country-mismatch",
        "currency-mismatch",
        "aggregated-merchant-required",
        "invalid-aggregated-merchant-id",
        "missing-auth-header",
        "invalid-auth",
        "api-key-not-provided",
        "no-matching-api-key",
        "api-key-revoked",
        "invalid-wallet",
        "disabled-wallet",
        "unauthorized-wallet",
    }
)
# Of these nothing is known.
UNKNOWN_STATUSES, BUSY_STATUSES = frozenset({408, 429}), frozenset({429, 503})

# last_payment_error of a session.
PAYMENT_FAILURES = {
    "blocked-account": FailureCode.PAYER_BLOCKED,
    "cross-border-payment-not-allowed": FailureCode.PROVIDER_DECLINED,
    "customer-age-restricted": FailureCode.PROVIDER_DECLINED,
    "insufficient-funds": FailureCode.INSUFFICIENT_FUNDS,
    "kyb-limits-exceeded": FailureCode.MERCHANT_ACCOUNT_BLOCKED,
    "payer-mobile-mismatch": FailureCode.PROVIDER_DECLINED,
    "payment-failure": FailureCode.PROVIDER_DECLINED,
}
# Of payouts: refused at the order (422), or `payout_error` later. The wallet is our own.
PAYOUT_FAILURES = {
    "insufficient-funds": FailureCode.PROVIDER_DECLINED,
    "recipient-limit-exceeded": FailureCode.PAYEE_LIMIT_REACHED,
    "recipient-minor": FailureCode.PAYEE_CANNOT_RECEIVE,
    "recipient-account-blocked": FailureCode.PAYEE_CANNOT_RECEIVE,
    "recipient-account-inactive": FailureCode.PAYEE_CANNOT_RECEIVE,
}
REFUND_REFUSED = "checkout-refund-failed"

# Kept of a session and a payout: nobody's name, number or address; the id lies in the state.
KEPT = (
    "amount",
    "currency",
    "checkout_status",
    "payment_status",
    "client_reference",
    "transaction_id",
    "when_created",
    "when_completed",
    "when_expires",
    "receive_amount",
    "fee",
    "status",
    "timestamp",
)


def session_body(request: CollectRequest, *, merchant_id: str, plain_ok: bool) -> bytes:
    """The body of a new checkout session. `plain_ok`: return addresses may be http.

    Raises NotSent: an address cannot be given to Wave.
    """
    body: dict[str, Any] = {
        "amount": str(request.amount),
        "currency": request.currency,
        "client_reference": str(request.reference),
        "success_url": _address(request.return_url, plain_ok=plain_ok),
        "error_url": _address(request.cancel_url, plain_ok=plain_ok),
    }
    if request.payer_msisdn:
        body["restrict_payer_mobile"] = f"+{request.payer_msisdn}"
    if merchant_id:
        body["aggregated_merchant_id"] = merchant_id
    return json.dumps(body).encode()


def payout_body(request: DisburseRequest, *, merchant_id: str) -> bytes:
    """The body of a payout. A repeat must be the same byte for byte: nothing in it is a name that
    somebody may change meanwhile but what the order was given with."""
    body: dict[str, Any] = {
        "currency": request.currency,
        "receive_amount": str(request.amount),
        "mobile": f"+{request.payee_msisdn}",
        "client_reference": str(request.reference),
        "payment_reason": first_plain_text(
            request.description, str(request.reference), length_max=REASON_LENGTH_MAX
        ),
    }
    if merchant_id:
        body["aggregated_merchant_id"] = merchant_id
    return json.dumps(body).encode()


def accepted(answer: HttpAnswer) -> dict[str, Any]:
    """The body of an order that was taken.

    Raises NotSent, ProviderBusy or OutcomeUnknown. Refusals that are results are read before.
    """
    value = json_object(answer.body)
    if 200 <= answer.status < 300:
        if value is None:
            raise OutcomeUnknown("Wave's answer cannot be read")
        return value
    code = error_code(answer)
    said = f"HTTP {answer.status} {code}".strip()
    if answer.status in BUSY_STATUSES:
        raise ProviderBusy(f"Wave takes nothing now: {said}")
    is_refusal = 400 <= answer.status < 500 and answer.status not in UNKNOWN_STATUSES
    # Without a code of Wave's own it may come from anything on the way.
    if is_refusal and code in CONFIGURATION_CODES:
        raise NotSent(f"Wave refused the request: {said}", failure_code=FailureCode.CONFIGURATION)
    raise OutcomeUnknown(f"Wave answered {said}")


def answered(answer: HttpAnswer) -> dict[str, Any]:
    """The body of an answer to a question.

    Raises ReferenceUnknown, OutcomeUnknown (no news) or ProviderMisbehaved.
    """
    code = error_code(answer)
    if answer.status == 404 and code in {"checkout-session-not-found", "not-found"}:
        raise ReferenceUnknown("Wave does not know it")
    if not 200 <= answer.status < 300:
        raise OutcomeUnknown(f"Wave answered HTTP {answer.status} {code}".strip())
    value = json_object(answer.body)
    if value is None:
        raise ProviderMisbehaved("Wave's answer cannot be read")
    return value


def found(answer: HttpAnswer) -> list[dict[str, Any]]:
    """What a search found. Raises as `answered`."""
    result = answered(answer).get("result")
    if not isinstance(result, list) or not all(isinstance(one, dict) for one in result):
        raise ProviderMisbehaved("a search without a list")
    return result


def is_open(session: Mapping[str, Any]) -> bool:
    return session.get("checkout_status") == "open" and session.get("payment_status") != "succeeded"


def is_of(value: Mapping[str, Any], reference: UUID) -> bool:
    return same_reference(value.get("client_reference"), reference)


def amount_of(session: Mapping[str, Any]) -> tuple[int | None, str]:
    """Raises ProviderMisbehaved."""
    return echoed_amount(session.get("amount")), currency_code(session.get("currency"))


def opened_session(session: Mapping[str, Any], request: CollectRequest) -> ProviderResult:
    """Where the payer pays. Raises OutcomeUnknown: it is no session of ours that can be paid."""
    session_id, url = session.get("id"), session.get("wave_launch_url")
    if (
        not same_reference(session.get("client_reference"), request.reference)
        or not isinstance(session_id, str)
        or not session_id
        or not is_web_url(url)
    ):
        raise OutcomeUnknown("the answer is no session of this order")
    return ProviderResult(
        Outcome.REQUIRES_ACTION,
        # As it came: Wave's own application opens it.
        next_action=NextAction("redirect", str(url)),
        amount=echoed_amount(session.get("amount")),
        currency=currency_code(session.get("currency")),
        connector_state={"session": session_id},
        raw=kept(session),
    )


def session_result(
    session: Mapping[str, Any], request: QueryRequest, *, offers_link: bool = False
) -> ProviderResult:
    """What became of a session. Only `payment_status` "succeeded" is paid; a failed try leaves it
    open. `offers_link`: nobody was given its link yet.

    Raises ProviderMisbehaved: it says nothing, or is about another order.
    """
    _check_identity(session, request, "session")
    checkout, payment = session.get("checkout_status"), session.get("payment_status")
    if not isinstance(checkout, str) or not isinstance(payment, str):
        raise ProviderMisbehaved("a session without a status")
    outcome, failure, action = Outcome.PENDING, None, None
    if payment == "succeeded":
        outcome = Outcome.SUCCEEDED
    elif checkout == "open":
        url = session.get("wave_launch_url")
        if offers_link and is_web_url(url):
            outcome, action = Outcome.REQUIRES_ACTION, NextAction("redirect", str(url))
    elif payment == "cancelled":
        outcome = Outcome.FAILED
        failure = PAYMENT_FAILURES.get(_last_error(session), FailureCode.PAYER_DECLINED)
    elif checkout == "expired":
        outcome, failure = Outcome.FAILED, FailureCode.PAYER_TIMED_OUT
    amount, currency = echoed_amount(session.get("amount")), currency_code(session.get("currency"))
    reference = _text(session.get("transaction_id"))
    if outcome is Outcome.SUCCEEDED and (amount is None or not currency or not reference):
        raise ProviderMisbehaved("a success without amount, currency or transaction")
    return ProviderResult(
        outcome,
        provider_reference=reference,
        failure_code=failure,
        next_action=action,
        amount=amount,
        currency=currency,
        counterparty=echoed_party(session.get("restrict_payer_mobile"), request.counterparty),
        connector_state={"session": _text(session.get("id"))} if session.get("id") else {},
        raw={**kept(session), "last_payment_error": _last_error(session)},
    )


def payout_result(payout: Mapping[str, Any], request: QueryRequest) -> ProviderResult:
    """What became of a payout.

    Raises ProviderMisbehaved: it says nothing, is another's, or was taken back, which nobody here
    asks for.
    """
    _check_identity(payout, request, "payout")
    status = payout.get("status")
    if not isinstance(status, str):
        raise ProviderMisbehaved("a payout without a status")
    if status == "reversed":
        raise ProviderMisbehaved("the payout was taken back")
    outcome = {"succeeded": Outcome.SUCCEEDED, "failed": Outcome.FAILED}.get(
        status, Outcome.PENDING
    )
    failure, code = None, ""
    if outcome is Outcome.FAILED:
        error = payout.get("payout_error")
        code = _text(error.get("error_code")) if isinstance(error, dict) else ""
        failure = PAYOUT_FAILURES.get(code, FailureCode.PROVIDER_DECLINED)
    amount = echoed_amount(payout.get("receive_amount"))
    currency = currency_code(payout.get("currency"))
    if outcome is Outcome.SUCCEEDED and (amount is None or not currency):
        raise ProviderMisbehaved("a success without amount or currency")
    payout_id = _text(payout.get("id"))
    return ProviderResult(
        outcome,
        provider_reference=payout_id,
        failure_code=failure,
        amount=amount,
        currency=currency,
        counterparty=echoed_party(payout.get("mobile"), request.counterparty),
        connector_state={"payout": payout_id} if payout_id else {},
        raw={**kept(payout), "payout_error": code},
    )


def taken_payout(answer: HttpAnswer, request: DisburseRequest) -> ProviderResult:
    """What the answer to a payout means: pending, or Wave's no. Its end is asked for.

    Raises NotSent, ProviderBusy, OutcomeUnknown or ProviderMisbehaved.
    """
    code = error_code(answer)
    if answer.status == 422 and code in PAYOUT_FAILURES:
        return ProviderResult(
            Outcome.FAILED, failure_code=PAYOUT_FAILURES[code], raw={"code": code}
        )
    if answer.status == 409 and code == "idempotency-mismatch":
        # The key was used, with another body: what was sent under it, the question tells.
        raise ProviderMisbehaved("the key of this payout was used with another body")
    payout = accepted(answer)
    payout_id = _text(payout.get("id"))
    if not payout_id or not same_reference(payout.get("client_reference"), request.reference):
        raise OutcomeUnknown("the answer is no payout of this order")
    return ProviderResult(
        Outcome.PENDING, connector_state={"payout": payout_id}, raw={"status": answer.status}
    )


def balance(answer: HttpAnswer) -> WalletBalance:
    """Raises OutcomeUnknown or ProviderMisbehaved. One wallet: what is collected is paid from."""
    value = answered(answer)
    amount, currency = echoed_amount(value.get("amount")), currency_code(value.get("currency"))
    if amount is None or not currency:
        raise ProviderMisbehaved("a balance without amount or currency")
    return WalletBalance("wallet", amount, currency, pays_out=True)


def named_references(body: bytes) -> list[UUID]:
    """Ours, of a webhook about a session; none where it is not of our making."""
    data = (json_object(body) or {}).get("data")
    try:
        return [UUID(_text(data.get("client_reference")))] if isinstance(data, dict) else []
    except ValueError:
        return []


def is_event(body: bytes) -> bool:
    value = json_object(body) or {}
    return bool(_text(value.get("id")) and _text(value.get("type")))


def error_code(answer: HttpAnswer) -> str:
    """Wave's own word of an error, "" where there is none."""
    if 200 <= answer.status < 300:
        return ""
    return _text((json_object(answer.body) or {}).get("code"))


def json_object(body: bytes) -> dict[str, Any] | None:
    try:
        # In no other encoding: what is kept is read in this one.
        value = json.loads(body.decode("utf-8-sig"))
    except (ValueError, RecursionError):
        return None
    return value if isinstance(value, dict) else None


def kept(value: Mapping[str, Any]) -> dict[str, Any]:
    return {name: value[name] for name in KEPT if isinstance(value.get(name), str | int)}


def _check_identity(value: Mapping[str, Any], request: QueryRequest, kind: str) -> None:
    if not same_reference(value.get("client_reference"), request.reference):
        raise ProviderMisbehaved(f"the answer is about another {kind}")
    asked = request.connector_state.get(kind)
    if asked and value.get("id") != asked:
        raise ProviderMisbehaved(f"the answer is about another {kind}")


def _last_error(session: Mapping[str, Any]) -> str:
    error = session.get("last_payment_error")
    return _text(error.get("code")) if isinstance(error, dict) else ""


def _address(url: str, *, plain_ok: bool) -> str:
    written = sendable_url(url, provider="Wave")
    if not plain_ok and not written.startswith("https://"):
        raise NotSent("Wave takes https addresses alone", failure_code=FailureCode.CONFIGURATION)
    return written


def _text(value: Any) -> str:
    return value if isinstance(value, str) else ""
