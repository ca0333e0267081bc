"""What callers send, as Wave reads it, and what it shows of an instruction."""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any
from urllib.parse import urlsplit

from apps.providers.simulation.store import Instruction

from .account import BUSINESS_NAME, CURRENCY
from .answers import Refusal, error_answer, invalid

MOBILE = re.compile(r"\+[0-9]{8,15}")
REFERENCE_LENGTH_MAX = 255
REASON_LENGTH_MAX = 40
# On a machine's own addresses a shop may be tried out without https.
OWN_HOSTS = {"localhost", "127.0.0.1"}


def amount_of(body: Mapping[str, Any], name: str) -> int:
    """A string of a positive whole number: XOF has nothing smaller. Raises Refusal."""
    value = body.get(name)
    if not isinstance(value, str) or not re.fullmatch("[1-9][0-9]{0,11}", value):
        raise invalid(f"{name} must be a string of a positive whole number")
    if body.get("currency") != CURRENCY:
        raise Refusal(error_answer(400, "currency-mismatch"))
    return int(value)


def reference_of(body: Mapping[str, Any]) -> str:
    value = body.get("client_reference", "")
    if not isinstance(value, str) or len(value) > REFERENCE_LENGTH_MAX:
        raise invalid("client_reference")
    return value


def mobile_of(body: Mapping[str, Any], name: str, *, is_needed: bool) -> str:
    """The digits. Raises Refusal."""
    value = body.get(name)
    if value is None and not is_needed:
        return ""
    if not isinstance(value, str) or not MOBILE.fullmatch(value):
        raise invalid(name)
    return value[1:]


def check_address(body: Mapping[str, Any], name: str) -> None:
    value = body.get(name)
    try:
        parts = urlsplit(value if isinstance(value, str) else "")
    except ValueError:
        raise invalid(name) from None
    if parts.scheme != "https" and (parts.scheme != "http" or parts.hostname not in OWN_HOSTS):
        raise invalid(f"{name} must be an https address")


def check_reason(body: Mapping[str, Any]) -> None:
    value = body.get("payment_reason", "")
    if not isinstance(value, str) or len(value) > REASON_LENGTH_MAX:
        raise invalid("payment_reason")


def iso(instant: float | None) -> str | None:
    if instant is None:
        return None
    return datetime.fromtimestamp(instant, UTC).isoformat(timespec="seconds").replace("+00:00", "Z")


def session_of(session: Instruction, status: str, *, base_url: str) -> dict[str, Any]:
    """A checkout session. `status`: "OPEN", or how it ended."""
    details = session.details
    paid = status == "succeeded"
    error = details.get("error") or (session.reason if status == "FAILED" else "")
    payment = {"succeeded": "succeeded", "FAILED": "cancelled"}.get(status, "processing")
    return {
        "id": session.handle,
        "amount": str(session.amount),
        "currency": session.currency,
        "checkout_status": {"OPEN": "open", "EXPIRED": "expired"}.get(status, "complete"),
        "payment_status": payment,
        "client_reference": details["client_reference"],
        "transaction_id": session.provider_reference if paid else None,
        "last_payment_error": {"code": error, "message": error} if error and not paid else None,
        "business_name": BUSINESS_NAME,
        "aggregated_merchant_id": details.get("aggregated_merchant_id"),
        "restrict_payer_mobile": f"+{session.party}" if session.party else None,
        "success_url": details["success_url"],
        "error_url": details["error_url"],
        "wave_launch_url": f"{base_url}/c/{session.handle}",
        "when_created": iso(session.created_at),
        "when_completed": iso(session.decide_at) if paid else None,
        "when_expires": iso(details["expires_at"]),
    }


STATUSES = {"succeeded": "succeeded", "FAILED": "failed", "reversed": "reversed"}


def payout_of(payout: Instruction, status: str, *, fee: int) -> dict[str, Any]:
    body: dict[str, Any] = {
        "id": payout.handle,
        "currency": payout.currency,
        "receive_amount": str(payout.amount),
        "fee": str(fee),
        "mobile": f"+{payout.party}",
        "client_reference": payout.details["client_reference"],
        "status": STATUSES.get(status, "processing"),
        "timestamp": iso(payout.created_at),
    }
    if status == "FAILED":
        body["payout_error"] = {"error_code": payout.reason, "error_message": payout.reason}
    return body
