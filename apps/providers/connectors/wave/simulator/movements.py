"""The list of a day's movements, and the same as files."""

from __future__ import annotations

import base64
import binascii
from collections.abc import Sequence
from typing import Any

from apps.providers.simulation.report import ReportLine

from .answers import invalid
from .bodies import iso

SWEEP = "sweep"
RETURNED = "payout_returned"
TYPES = {
    "checkout": "api_checkout",
    "refund": "api_checkout_refund",
    "payout": "api_payout",
    RETURNED: "api_payout_reversal",
    SWEEP: "merchant_sweep",
}
ADDS = ("checkout", RETURNED)


def item_of(line: ReportLine, **changes: Any) -> dict[str, Any]:
    sign = "" if line.kind in ADDS else "-"
    details = line.details
    return {
        "timestamp": iso(line.occurred_at.timestamp()),
        "transaction_id": line.provider_reference,
        "transaction_type": TYPES[line.kind],
        "amount": f"{sign}{line.amount}",
        "fee": _fee(line),
        "currency": line.currency,
        "is_reversal": line.kind == RETURNED,
        "counterparty_name": "Awa N." if line.party else None,
        "counterparty_mobile": f"+{line.party}" if line.party else None,
        "client_reference": details.get("client_reference", line.reference),
        "checkout_api_session_id": details.get("session"),
        **changes,
    }


def _fee(line: ReportLine) -> str:
    if line.kind == SWEEP:
        return "0"
    return f"-{line.fee}" if line.kind == RETURNED and line.fee else str(line.fee)


def page_of(
    items: Sequence[dict[str, Any]], *, day: str, after: str = "", size: int = 100
) -> dict[str, Any]:
    """Raises Refusal: no such place."""
    begin = _place(after) if after else 0
    shown = items[begin : begin + size]
    end = begin + len(shown)
    return {
        "page_info": {
            "start_cursor": _cursor(begin),
            "end_cursor": _cursor(end),
            "has_next_page": end < len(items),
        },
        "date": day,
        "items": list(shown),
    }


def _cursor(place: int) -> str:
    return base64.urlsafe_b64encode(f"after:{place}".encode()).decode()


def _place(cursor: str) -> int:
    try:
        return int(base64.urlsafe_b64decode(cursor).removeprefix(b"after:"))
    except (binascii.Error, ValueError):
        raise invalid("after") from None
