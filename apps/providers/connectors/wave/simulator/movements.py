"""The list of a day's movements, and the same as files."""

from __future__ import annotations

import base64
import binascii
from collections.abc import Sequence
from typing import Any

from apps.providers.simulation.report import ReportLine

from .answers import invalid
from .bodies import iso

TYPES = {"checkout": "api_checkout", "refund": "api_checkout_refund", "payout": "api_payout"}


def item_of(line: ReportLine, **changes: Any) -> dict[str, Any]:
    sign = "" if line.kind == "checkout" else "-"
    details = line.details
    return {
        "timestamp": iso(line.occurred_at.timestamp()),
        "transaction_id": line.provider_reference,
        "transaction_type": TYPES[line.kind],
        "amount": f"{sign}{line.amount}",
        "fee": str(line.fee),
        "currency": line.currency,
        "is_reversal": False,
        "counterparty_name": "Awa N.",
        "counterparty_mobile": f"+{line.party}" if line.party else None,
        "client_reference": details.get("client_reference", line.reference),
        "checkout_api_session_id": details.get("session"),
        **changes,
    }


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
