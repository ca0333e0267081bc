"""What an order must hold."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any
from urllib.parse import urlsplit

from apps.providers.simulation.exchange import Answer

from .account import CURRENCIES, MERCHANT_KEY
from .answers import ACCESS_DENIED, INVALID_FIELD, MISSING_FIELD, NOT_FOUND, error_answer

REQUIRED = (
    "merchant_key",
    "currency",
    "order_id",
    "amount",
    "return_url",
    "cancel_url",
    "notif_url",
)
TEXT_MAX = 30  # order_id and reference.


def order_refusal(order: Mapping[str, Any], env: str) -> Answer | None:
    if env not in CURRENCIES:
        return error_answer(NOT_FOUND, f"no environment {env}")
    for name in REQUIRED:
        if order.get(name) in (None, ""):
            return error_answer(MISSING_FIELD, f"{name} is missing")
    if order["merchant_key"] != MERCHANT_KEY:
        return error_answer(ACCESS_DENIED, "the merchant_key is not one of this client")
    if order["currency"] != CURRENCIES[env]:
        return error_answer(INVALID_FIELD, f"currency must be {CURRENCIES[env]}")
    if (whole_number(order["amount"]) or 0) < 1:
        return error_answer(INVALID_FIELD, "amount must be a positive whole number")
    for name in ("order_id", "reference"):
        value = order.get(name, "")
        if not isinstance(value, str) or len(value) > TEXT_MAX:
            return error_answer(
                INVALID_FIELD, f"{name} must be text of at most {TEXT_MAX} characters"
            )
    for name in ("return_url", "cancel_url", "notif_url"):
        if not _is_address(order[name]):
            return error_answer(INVALID_FIELD, f"{name} must be an http or https address")
    return None


def whole_number(value: object) -> int | None:
    """A JSON number without fraction (1200.0 has none), or digits in a string as some send them."""
    if isinstance(value, float) and value.is_integer():
        return int(value)
    if isinstance(value, str) and value.isascii() and value.isdecimal() and len(value) < 16:
        return int(value)
    return value if isinstance(value, int) and not isinstance(value, bool) else None


def _is_address(value: object) -> bool:
    # Printable only: it becomes a Location header.
    if not isinstance(value, str) or not value.isprintable() or not value.isascii():
        return False
    try:
        parts = urlsplit(value)
    except ValueError:
        return False
    return parts.scheme in ("http", "https") and bool(parts.hostname)
