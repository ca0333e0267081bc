"""MTN's words in ours. Pure: no clock, no network."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import replace
from typing import Any
from uuid import UUID

from apps.providers.contract import (
    CollectRequest,
    DisburseRequest,
    FailureCode,
    NextAction,
    NotSent,
    Operation,
    OperationRequest,
    Outcome,
    OutcomeUnknown,
    PayeeCheck,
    PayeeStatus,
    ProviderBusy,
    ProviderMisbehaved,
    ProviderResult,
    QueryRequest,
    ReferenceUnknown,
    RefundRequest,
    WalletBalance,
)
from apps.providers.kit.plain_text import first_plain_text
from apps.providers.kit.wire_values import (
    currency_code,
    echoed_amount,
    echoed_party,
    same_reference,
)

# Source: Collection API, schema RequestToPayResult; CREATED, ONGOING and the "delayed" words are
# seen in the sandbox and in older guides (README.md, "Statuses"). Anything else is pending.
OUTCOMES = {
    "PENDING": Outcome.PENDING,
    "CREATED": Outcome.PENDING,
    "ONGOING": Outcome.PENDING,
    "SUCCESSFUL": Outcome.SUCCEEDED,
    "FAILED": Outcome.FAILED,
}

# Source: Collection API, schema ErrorReason, and the portal's table of errors (README.md,
# "Reasons"). MTN gives INTERNAL_PROCESSING_ERROR mostly for an empty wallet, but does not say so.
FAILURE_CODES = {
    "PAYER_NOT_FOUND": FailureCode.PAYER_NOT_FOUND,
    "NOT_ENOUGH_FUNDS": FailureCode.INSUFFICIENT_FUNDS,
    # Three reasons in one word (Congo): nothing more can be said truthfully.
    "LOW_BALANCE_OR_PAYEE_LIMIT_REACHED_OR_NOT_ALLOWED": FailureCode.PROVIDER_DECLINED,
    "PAYER_LIMIT_REACHED": FailureCode.LIMIT_REACHED,
    "PAYEE_LIMIT_REACHED": FailureCode.MERCHANT_ACCOUNT_BLOCKED,
    "PAYEE_NOT_FOUND": FailureCode.MERCHANT_ACCOUNT_BLOCKED,
    "PAYEE_NOT_ALLOWED_TO_RECEIVE": FailureCode.MERCHANT_ACCOUNT_BLOCKED,
    "SENDER_ACCOUNT_NOT_ACTIVE": FailureCode.PAYER_BLOCKED,
    "APPROVAL_REJECTED": FailureCode.PAYER_DECLINED,
    "TRANSACTION_CANCELED": FailureCode.PAYER_DECLINED,
    "PAYMENT_NOT_APPROVED": FailureCode.PAYER_DECLINED,
    "EXPIRED": FailureCode.PAYER_TIMED_OUT,
    "COULD_NOT_PERFORM_TRANSACTION": FailureCode.PAYER_TIMED_OUT,
    "INTERNAL_PROCESSING_ERROR": FailureCode.PROVIDER_DECLINED,
    "SERVICE_UNAVAILABLE": FailureCode.PROVIDER_UNAVAILABLE,
    "NOT_ALLOWED": FailureCode.CONFIGURATION,
    "NOT_ALLOWED_TARGET_ENVIRONMENT": FailureCode.CONFIGURATION,
    "INVALID_CALLBACK_URL_HOST": FailureCode.CONFIGURATION,
    "INVALID_CURRENCY": FailureCode.CONFIGURATION,
    "VALIDATION_ERROR": FailureCode.CONFIGURATION,
    "TRANSFER_TYPE_UNKNOWN": FailureCode.CONFIGURATION,
}

# Of refunds and transfers, where the payee is a person and the payer our own account.
FAILURE_CODES_OUT = {
    **FAILURE_CODES,
    "PAYEE_LIMIT_REACHED": FailureCode.PAYEE_LIMIT_REACHED,
    "PAYEE_NOT_FOUND": FailureCode.PAYEE_NOT_FOUND,
    "PAYEE_NOT_ALLOWED_TO_RECEIVE": FailureCode.PAYEE_CANNOT_RECEIVE,
    "PAYER_NOT_FOUND": FailureCode.MERCHANT_ACCOUNT_BLOCKED,
    "PAYER_LIMIT_REACHED": FailureCode.MERCHANT_ACCOUNT_BLOCKED,
    "SENDER_ACCOUNT_NOT_ACTIVE": FailureCode.MERCHANT_ACCOUNT_BLOCKED,
    # Of the account that pays, or of what the payee may still receive: MTN says one word for both.
    "NOT_ENOUGH_FUNDS": FailureCode.PROVIDER_DECLINED,
    # Nobody was asked.
    "APPROVAL_REJECTED": FailureCode.PROVIDER_DECLINED,
    "TRANSACTION_CANCELED": FailureCode.PROVIDER_DECLINED,
    "PAYMENT_NOT_APPROVED": FailureCode.PROVIDER_DECLINED,
    "EXPIRED": FailureCode.PROVIDER_DECLINED,
    "COULD_NOT_PERFORM_TRANSACTION": FailureCode.PROVIDER_DECLINED,
}

# Of these MTN gave up, which does not prove that it sent nothing: of money that goes out, what is
# given back too early is paid twice. Of collections they are "payer_timed_out".
GIVEN_UP_REASONS = frozenset({"EXPIRED", "COULD_NOT_PERFORM_TRANSACTION"})

# A FAILED that says one of these has not ended: MTN's own table says to ask again, or that it goes
# on.
STILL_OPEN_REASONS = frozenset(
    {
        "TRANSACTION_NOT_COMPLETED",
        "TRANSACTION_NOT_FOUND",
        "NOT_FOUND",
        "ONGOING",
        "PENDING",
        "CREATED",
        "PAYER_DELAYED",
        "PAYEE_DELAYED",
    }
)

# A 500 with one of these refuses our account or our request before any payer is asked.
# Source: portal, "Common error codes" (README.md, "HTTP answers").
CONFIGURATION_REFUSALS = frozenset(
    {
        "NOT_ALLOWED",
        "NOT_ALLOWED_TARGET_ENVIRONMENT",
        "INVALID_CALLBACK_URL_HOST",
        "INVALID_CURRENCY",
    }
)

NOTE_LENGTH_MAX = 160
SANDBOX_NAME = ("Sand", "Box")


def collect_body(request: CollectRequest, *, wire_currency: str = "") -> bytes:
    """The body of requesttopay. Its texts are never empty: production answers that with 500."""
    payer = {"partyIdType": "MSISDN", "partyId": request.payer_msisdn}
    return _body(request, wire_currency, request.merchant_name, payer=payer)


def refund_body(request: RefundRequest, *, wire_currency: str = "") -> bytes:
    """The body of refund."""
    collected = str(request.collected_reference)
    return _body(request, wire_currency, request.description, referenceIdToRefund=collected)


def disburse_body(request: DisburseRequest, *, wire_currency: str = "") -> bytes:
    """The body of transfer."""
    payee = {"partyIdType": "MSISDN", "partyId": request.payee_msisdn}
    return _body(request, wire_currency, request.description, payee=payee)


def _body(
    request: OperationRequest, wire_currency: str, payee_reads: str, **particulars: Any
) -> bytes:
    reference = str(request.reference)
    description, merchant = request.description, request.merchant_name
    return json.dumps(
        {
            "amount": str(request.amount),
            "currency": wire_currency or request.currency,
            "externalId": reference,
            **particulars,
            "payerMessage": first_plain_text(
                description, merchant, reference, length_max=NOTE_LENGTH_MAX
            ),
            "payeeNote": first_plain_text(
                payee_reads, merchant, description, reference, length_max=NOTE_LENGTH_MAX
            ),
        }
    ).encode()


def pending_approval(result: ProviderResult) -> ProviderResult:
    """MTN has the request and the payer has not answered."""
    return replace(result, next_action=NextAction("approve_on_phone"))


def creation_result(status: int, body: bytes) -> ProviderResult:
    """What MTN's answer to an instruction means. Raises NotSent, ProviderBusy or OutcomeUnknown.

    The body is empty when all is well. A 401 comes here only after a fresh token was refused too.
    """
    code = error_code(body)
    if status == 202:
        return ProviderResult(Outcome.PENDING, raw={"http_status": status})
    if status == 409:
        # The reference was used: by us, before. The query tells what became of it.
        return ProviderResult(Outcome.PENDING, raw={"http_status": status, "code": code})
    said = f"HTTP {status} {code}".strip()
    if status in (400, 401, 403) or (status == 500 and code in CONFIGURATION_REFUSALS):
        raise NotSent(f"MTN refused the request: {said}", failure_code=FailureCode.CONFIGURATION)
    if status in (429, 503) or code == "SERVICE_UNAVAILABLE":
        # A gateway that gives up on what it has passed on says the same.
        raise ProviderBusy(f"MTN is not taking requests: {said}")
    raise OutcomeUnknown(f"MTN answered {said}")


def query_result(
    status: int, body: bytes, request: QueryRequest, *, wire_currency: str = ""
) -> ProviderResult:
    """What MTN's answer to a status query means.

    Raises ReferenceUnknown, OutcomeUnknown (no news) or ProviderMisbehaved (a person must look).
    """
    if status == 200:
        return _status_result(body, request, wire_currency)
    code = error_code(body)
    if status == 404 and code == "RESOURCE_NOT_FOUND":
        raise ReferenceUnknown(str(request.reference))
    if status in (401, 403, 404, 429) or status >= 500:
        # Another 404 than theirs comes from a gateway or a wrong address: no news of the payment.
        raise OutcomeUnknown(f"MTN answered HTTP {status} {code}".strip())
    raise ProviderMisbehaved(f"HTTP {status} to a status query")


def payee_check(status: int, body: bytes) -> PayeeCheck:
    """What MTN's answer about an account holder means. Only its own two words count: what comes
    from a gateway, or says that MTN is out of order, says nothing of the payee."""
    if status == 200:
        is_active = (_json_object(body) or {}).get("result")
        if is_active is True:
            return PayeeCheck(PayeeStatus.CAN_RECEIVE)
        if is_active is False:
            return PayeeCheck(PayeeStatus.CANNOT_RECEIVE)
    code = error_code(body)
    if status == 404 and code == "RESOURCE_NOT_FOUND":
        return PayeeCheck(PayeeStatus.NOT_FOUND)
    return PayeeCheck(PayeeStatus.UNKNOWN, f"MTN answered HTTP {status} {code}".strip())


def named_payee(check: PayeeCheck, status: int, body: bytes) -> PayeeCheck:
    """The payee with the name that basicuserinfo has. Where MTN did not answer, all is UNKNOWN, for
    the name was asked for; where it has no name, the name stays ""."""
    if status == 404 and error_code(body) == "RESOURCE_NOT_FOUND":
        return check
    value = _json_object(body) if status == 200 else None
    if value is None:
        return PayeeCheck(
            PayeeStatus.UNKNOWN, f"MTN answered HTTP {status} {error_code(body)}".strip()
        )
    parts = [value.get(part) for part in ("given_name", "family_name")]
    words = [part.strip() for part in parts if isinstance(part, str) and part.strip()]
    # Everybody in MTN's sandbox has this name: it says nothing of the payee.
    return check if tuple(words) == SANDBOX_NAME else replace(check, name=" ".join(words))


def wallet_balance(
    status: int, body: bytes, *, product: str, currency: str, wire_currency: str = ""
) -> WalletBalance:
    """What MTN's answer about our own wallet means.

    Raises OutcomeUnknown (no news) or ProviderMisbehaved (an answer that says no amount of ours).
    """
    if status != 200:
        raise OutcomeUnknown(f"MTN answered HTTP {status} {error_code(body)}".strip())
    value = _json_object(body) or {}
    available = echoed_amount(value.get("availableBalance"))
    said = currency_code(value.get("currency"))
    if available is None:
        raise ProviderMisbehaved("a balance without an amount")
    if said != (wire_currency or currency):
        raise ProviderMisbehaved(f"a balance in {said or 'no currency'}")
    return WalletBalance(product, available, currency, pays_out=product == "disbursement")


def error_code(body: bytes) -> str:
    """`code` of an error body, "" where there is none. Gateway bodies have no code."""
    value = _json_object(body) or {}
    code = value.get("code")
    return code if isinstance(code, str) else ""


def is_callback(body: bytes) -> bool:
    """Whether this could be a status resource, which is what MTN sends as a callback."""
    value = _json_object(body)
    return value is not None and isinstance(value.get("status"), str)


def named_references(body: bytes) -> list[UUID]:
    """Our reference, which a callback carries as externalId; none where it is not of our making."""
    try:
        return [UUID(str((_json_object(body) or {}).get("externalId")))]
    except ValueError:
        return []


def _status_result(body: bytes, request: QueryRequest, wire_currency: str) -> ProviderResult:
    value = _json_object(body)
    if value is None or not isinstance(value.get("status"), str):
        raise ProviderMisbehaved("no status in the answer")
    # MTN never echoes the reference itself; our externalId carries it.
    external_id = value.get("externalId")
    if external_id is not None and not same_reference(external_id, request.reference):
        raise ProviderMisbehaved("the answer is about another externalId")
    is_collection = request.operation is Operation.COLLECT
    reason = _reason(value.get("reason"))
    outcome = OUTCOMES.get(value["status"], Outcome.PENDING)
    if outcome is Outcome.FAILED and reason in STILL_OPEN_REASONS:
        outcome = Outcome.PENDING
    failure_code = None
    if outcome is Outcome.FAILED:
        codes = FAILURE_CODES if is_collection else FAILURE_CODES_OUT
        failure_code = codes.get(reason, FailureCode.PROVIDER_DECLINED)
    amount = echoed_amount(value.get("amount"))
    currency = currency_code(value.get("currency"))
    if outcome is Outcome.SUCCEEDED and (amount is None or not currency):
        raise ProviderMisbehaved("a success without amount or currency")
    if wire_currency and currency == wire_currency:
        currency = request.currency
    is_asked = is_collection and outcome is Outcome.PENDING
    return ProviderResult(
        outcome,
        provider_reference=str(value.get("financialTransactionId") or ""),
        failure_code=failure_code,
        may_yet_succeed=outcome is Outcome.FAILED and reason in GIVEN_UP_REASONS,
        next_action=NextAction("approve_on_phone") if is_asked else None,
        amount=amount,
        currency=currency,
        counterparty=_counterparty(value.get("payer" if is_collection else "payee"), request),
        raw=_without_party(value),
    )


def _reason(value: Any) -> str:
    """`reason` is a bare word on the wire and {"code", "message"} in the documents."""
    if isinstance(value, dict):
        value = value.get("code")
    return value if isinstance(value, str) else ""


def _counterparty(party: Any, request: QueryRequest) -> str:
    """Only a number can be another number than the one asked or paid."""
    if not isinstance(party, dict) or str(party.get("partyIdType", "MSISDN")).upper() != "MSISDN":
        return ""
    return echoed_party(party.get("partyId"), request.counterparty)


def _without_party(value: Mapping[str, Any]) -> dict[str, Any]:
    """The answer with phone numbers masked to their last two digits, for storage."""
    masked = dict(value)
    for role in ("payer", "payee"):
        if isinstance(party := masked.get(role), dict):
            number = str(party.get("partyId") or "")
            masked[role] = {**party, "partyId": "*" * max(len(number) - 2, 0) + number[-2:]}
    return masked


def _json_object(body: bytes) -> dict[str, Any] | None:
    try:
        value = json.loads(body)
    except (ValueError, RecursionError):
        return None
    return value if isinstance(value, dict) else None
